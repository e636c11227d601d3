import { z } from 'zod';
import { oidc } from './oidc.ts';
import type { KakaoSettings, Provider } from './provider.ts';
import type { ProviderCalls } from './provider-calls.ts';

const ISSUER = 'https://kauth.kakao.com';
const API = 'https://kapi.kakao.com';
const SCOPES = ['account_email', 'profile_nickname', 'profile_image'];

/** `GET /v2/user/me` (Kakao Login REST API): the id is a number, everything else depends on consent. */
const userInfo = z.object({
  id: z.number().int().positive(),
  kakao_account: z
    .object({
      email: z.string().optional(),
      is_email_valid: z.boolean().optional(),
      is_email_verified: z.boolean().optional(),
      profile: z
        .object({ nickname: z.string().optional(), profile_image_url: z.string().optional() })
        .optional(),
    })
    .optional(),
});

/**
 * Kakao: OpenID Connect where it is switched on in its console, plain OAuth where not. Its `id_token` does not say
 * whether the e-mail address is verified, so its API is asked: only an address that is both valid and verified counts.
 */
export function kakao(settings: KakaoSettings, calls: ProviderCalls): Provider {
  const { clientId, clientSecret, openId = true, issuer = ISSUER, apiUrl = API } = settings;
  return oidc(
    {
      id: 'kakao',
      name: 'Kakao',
      issuer,
      clientId,
      clientSecret,
      scopes: openId ? ['openid', ...SCOPES] : SCOPES,
      expectsIdToken: openId,
      async profile(accessToken) {
        const headers = { authorization: `Bearer ${accessToken}` };
        const { id, kakao_account: account } = await calls.json('kakao', `${apiUrl}/v2/user/me`, userInfo, {
          headers,
        });
        return {
          sub: String(id),
          name: account?.profile?.nickname,
          email: account?.email,
          isEmailVerified: account?.is_email_valid === true && account.is_email_verified === true,
          image: account?.profile?.profile_image_url,
        };
      },
    },
    calls,
  );
}
