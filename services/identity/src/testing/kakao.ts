import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

/** What a person has at Kakao and what is agreed to be told. */
export interface KakaoPerson {
  readonly id: number;
  readonly account: {
    readonly email?: string;
    readonly is_email_valid?: boolean;
    readonly is_email_verified?: boolean;
    readonly profile?: { readonly nickname?: string; readonly profile_image_url?: string };
  };
}

export const mina: KakaoPerson = {
  id: 4242,
  account: {
    email: 'mina@example.com',
    is_email_valid: true,
    is_email_verified: true,
    profile: { nickname: '민아', profile_image_url: 'http://k.kakaocdn.net/mina.jpg' },
  },
};

export interface KakaoStandIn {
  readonly url: string;
  /** What stands here is what the next sign-in meets. */
  person: KakaoPerson;
  /** OpenID Connect in the console. */
  openId: boolean;
  clientSecret: string | undefined;
  fault: 'away' | 'wrong nonce' | 'foreign key' | 'wrong sub' | 'wrong audience' | undefined;
  /** How often a token was given out. */
  tokens: number;
  close(): Promise<void>;
}

interface Grant {
  readonly redirectUri: string;
  readonly challenge: string;
  readonly nonce: string | null;
  readonly scope: string;
}

const CLIENT_ID = 'kakao-app';
const hash = (text: string) => createHash('sha256').update(text).digest('base64url');

/**
 * `kauth.kakao.com` and `kapi.kakao.com` on one port, with their paths, fields and error codes as Kakao's REST API
 * documents them: a code is good once (KOE320), a wrong secret is KOE010, another redirect URI KOE303, the secret is
 * optional, and no `id_token` says whether the e-mail address is verified.
 */
export async function openKakao(clientId = CLIENT_ID): Promise<KakaoStandIn> {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const foreign = (await generateKeyPair('RS256')).privateKey;
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' };
  const grants = new Map<string, Grant>();
  const bearers = new Set<string>();

  const refuse = (response: ServerResponse, status: number, error: string, error_code: string) =>
    json(response, status, { error, error_description: error, error_code });

  const idToken = async (grant: Grant) => {
    const { account, id } = standIn.person;
    const nonce = standIn.fault === 'wrong nonce' ? 'other' : grant.nonce;
    return new SignJWT({
      nickname: account.profile?.nickname,
      email: account.email,
      ...(nonce ? { nonce } : {}),
    })
      .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
      .setIssuer(standIn.url)
      .setAudience(standIn.fault === 'wrong audience' ? 'another-app' : clientId)
      .setSubject(standIn.fault === 'wrong sub' ? '1' : String(id))
      .setIssuedAt()
      .setExpirationTime('6h')
      .sign(standIn.fault === 'foreign key' ? foreign : privateKey);
  };

  const authorize = (url: URL, response: ServerResponse) => {
    const { searchParams: query } = url;
    if (query.get('client_id') !== clientId) return refuse(response, 400, 'invalid_client', 'KOE101');
    const back = (parameters: Record<string, string>) => {
      const target = new URL(query.get('redirect_uri') ?? '');
      for (const [name, value] of Object.entries({ ...parameters, state: query.get('state') ?? '' }))
        target.searchParams.set(name, value);
      return target.href;
    };
    const code = randomBytes(16).toString('hex');
    grants.set(code, {
      redirectUri: query.get('redirect_uri') ?? '',
      challenge: query.get('code_challenge') ?? '',
      nonce: query.get('nonce'),
      scope: query.get('scope') ?? '',
    });
    const denied = back({ error: 'access_denied', error_description: 'User denied access' });
    const page = `<!doctype html><title>카카오계정</title><h1>동의하고 계속하기</h1>
      <a id="agree" href="${attribute(back({ code }))}">동의</a> <a id="cancel" href="${attribute(denied)}">취소</a>`;
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page);
  };

  const token = async (request: IncomingMessage, response: ServerResponse) => {
    const form = new URLSearchParams(await text(request));
    const badSecret = standIn.clientSecret && form.get('client_secret') !== standIn.clientSecret;
    if (form.get('client_id') !== clientId || badSecret)
      return refuse(response, 401, 'invalid_client', 'KOE010');
    const grant = grants.get(form.get('code') ?? '');
    if (!grant) return refuse(response, 400, 'invalid_grant', 'KOE320');
    grants.delete(form.get('code') ?? '');
    if (form.get('redirect_uri') !== grant.redirectUri)
      return refuse(response, 400, 'invalid_grant', 'KOE303');
    if (hash(form.get('code_verifier') ?? '') !== grant.challenge)
      return refuse(response, 400, 'invalid_grant', 'KOE320');
    const accessToken = randomBytes(16).toString('hex');
    bearers.add(accessToken);
    standIn.tokens++;
    const withId = standIn.openId && grant.scope.split(' ').includes('openid');
    json(response, 200, {
      token_type: 'bearer',
      access_token: accessToken,
      expires_in: 21599,
      refresh_token: randomBytes(16).toString('hex'),
      refresh_token_expires_in: 5183999,
      scope: grant.scope,
      ...(withId ? { id_token: await idToken(grant) } : {}),
    });
  };

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', standIn.url);
    if (standIn.fault === 'away') return json(response, 503, { msg: 'service is unavailable', code: -9798 });
    if (url.pathname === '/.well-known/openid-configuration')
      return json(response, 200, {
        issuer: standIn.url,
        authorization_endpoint: `${standIn.url}/oauth/authorize`,
        token_endpoint: `${standIn.url}/oauth/token`,
        userinfo_endpoint: `${standIn.url}/v1/oidc/userinfo`,
        jwks_uri: `${standIn.url}/.well-known/jwks.json`,
        token_endpoint_auth_methods_supported: ['client_secret_post'],
        id_token_signing_alg_values_supported: ['RS256'],
        code_challenge_methods_supported: ['S256'],
      });
    if (url.pathname === '/.well-known/jwks.json') return json(response, 200, { keys: [jwk] });
    if (url.pathname === '/oauth/authorize') return authorize(url, response);
    if (url.pathname === '/oauth/token' && request.method === 'POST') return token(request, response);
    if (url.pathname === '/v2/user/me') {
      const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
      if (!bearers.has(bearer))
        return json(response, 401, { msg: 'this access token does not exist', code: -401 });
      return json(response, 200, { id: standIn.person.id, kakao_account: standIn.person.account });
    }
    json(response, 404, {});
  };

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const standIn: KakaoStandIn = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    person: mina,
    openId: true,
    clientSecret: undefined,
    fault: undefined,
    tokens: 0,
    close: () => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()),
  };
  return standIn;
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json;charset=UTF-8' }).end(JSON.stringify(body));
}

async function text(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}

const attribute = (value: string) => value.replace(/&/g, '&amp;').replace(/"/g, '&quot;');
