import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';

export interface GoogleStandIn {
  readonly url: string;
  close(): Promise<void>;
}

export interface GoogleOptions {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUri: string;
  readonly isEmailVerified?: boolean;
  readonly port?: number;
}

/**
 * A certified OpenID provider (npm oidc-provider) with Google's paths and claims: whoever signs in as `who` is
 * `who@example.com`. PKCE is demanded; its own pages ask for a name and for consent, and can be cancelled.
 */
export async function openGoogle(options: GoogleOptions): Promise<GoogleStandIn> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(url, {
    clients: [
      {
        client_id: options.clientId,
        client_secret: options.clientSecret,
        redirect_uris: [options.redirectUri],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'picture'] },
    conformIdTokenClaims: false, // Google puts them into the id_token
    pkce: { required: () => true },
    routes: { authorization: '/o/oauth2/v2/auth', token: '/token', jwks: '/oauth2/v3/certs' },
    cookies: { keys: ['of the tests'] },
    findAccount: (_, sub) => ({
      accountId: sub,
      claims: () => ({
        sub,
        email: `${sub}@example.com`,
        email_verified: options.isEmailVerified ?? true,
        name: `${sub} at Google`,
        picture: 'https://lh3.googleusercontent.com/a/x',
      }),
    }),
  });
  provider.on('server_error', (_, error) => console.error(error));
  const answer = provider.callback();
  server.on('request', (request, response) => {
    request.url = request.url?.replace('&prompt=select_account', ''); // Google's chooser of accounts
    void answer(request, response);
  });
  return { url, close: () => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()) };
}
