import { type CallOutput, type HandlerInput, type identityApi, Problem } from '@ptsdly/contract';
import type { Logger } from '@ptsdly/kit';
import type { Attempts } from './attempts.ts';
import { AUTH_PATH, SIGN_IN_PATH } from './auth.ts';
import type { SessionCookie } from './cookie.ts';
import type { Devices } from './devices.ts';
import { documents } from './documents.ts';
import { addressOf, type Entry, localeOf } from './entry.ts';
import type { Passwords } from './passwords.ts';
import { isPlaceholder } from './providers/owned-email.ts';
import type { Provider } from './providers/provider.ts';
import type { ProviderCalls } from './providers/provider-calls.ts';
import { refusal, unrefused } from './refusal.ts';
import type { Sessions } from './sessions.ts';
import type { Visit } from './visit.ts';
import type { PasswordRules } from './weak-password.ts';

/** After a sign-in that names no other page. */
const HOME_PATH = '/app';
/** Where a link with a provider is begun and ends. */
const ME_PATH = '/app/me';
const USER_AGENT_LENGTH = 300;

type Body<K extends 'signUp' | 'signIn' | 'signInSocial'> = HandlerInput<(typeof identityApi)[K]>['body'];
type SignedIn = CallOutput<typeof identityApi.signIn>;
type SignedUp = CallOutput<typeof identityApi.signUp>;

export interface DoorOptions {
  readonly auth: (request: Request) => Promise<Response>;
  readonly origin: string;
  readonly cookie: SessionCookie;
  readonly sessions: Sessions;
  readonly passwords: Passwords;
  readonly rules: PasswordRules;
  readonly entry: Entry;
  readonly devices: Devices;
  readonly attempts: Attempts;
  /** Letters reach people, so a new address proves itself before the first sign-in. */
  readonly confirmsEmail: boolean;
  readonly providers: readonly Provider[];
  readonly calls: ProviderCalls;
  readonly log: Logger;
}

/**
 * The way in. Each call makes the one request to better-auth that it needs, from validated fields and on our
 * own origin, and takes from the answer only what our contract names: no token ever stands in a body.
 */
export class Door {
  readonly #options: DoorOptions;

  constructor(options: DoorOptions) {
    this.#options = options;
  }

  options(): CallOutput<typeof identityApi.authOptions> {
    const providers = this.#options.providers.map(({ id, name }) => ({ id, name }));
    return { providers, documents, confirmsEmail: this.#options.confirmsEmail };
  }

  /**
   * Rejects with `weak_password`, or `email_taken` where addresses need no confirmation; where they do, the answer and
   * the work are the same whoever has the address, and only its owner's letter tells.
   */
  async signUp(body: Body<'signUp'>, visit: Visit): Promise<SignedUp> {
    const { name, email, password } = body;
    const { passwords, rules, confirmsEmail } = this.#options;
    await rules.check(password, email);
    if (isPlaceholder(email))
      throw new Problem('invalid_fields', { errors: [{ field: 'email', message: 'not usable' }] });
    const response = await passwords.ahead(password, () =>
      this.#post('/sign-up/email', { name, email, password }, visit),
    );
    return confirmsEmail ? { user: null } : this.#welcome(response, visit);
  }

  /** Rejects with `invalid_credentials`, after the same work whether the address is known or not. */
  async signIn({ email, password }: Body<'signIn'>, visit: Visit): Promise<SignedIn> {
    const { attempts, entry } = this.#options;
    const guess = async () => {
      await entry.halt({ email, password });
      return this.#post('/sign-in/email', { email, password }, visit);
    };
    const response = await attempts.guard(`email ${email.toLowerCase()}`, guess, addressOf(visit.request));
    return this.#welcome(response, visit);
  }

  /** Where to send the browser. Rejects with `not_found` for a provider without keys, `bad_request` for a foreign URL. */
  async signInSocial({ provider, callbackURL }: Body<'signInSocial'>, visit: Visit) {
    if (!this.#offers(provider)) throw new Problem('not_found');
    const fields = { provider, callbackURL: this.#pathHere(callbackURL), errorCallbackURL: SIGN_IN_PATH };
    return this.#sendTo('/sign-in/social', fields, visit);
  }

  /** Where to send the browser to link a provider to the account that it is signed in with. Rejects as `signInSocial`. */
  async link({ provider }: { provider: string }, visit: Visit): Promise<{ url: string }> {
    if (!this.#offers(provider)) throw new Problem('not_found');
    const cookie = visit.request.headers.get('cookie');
    if (!cookie) throw new Problem('unauthenticated'); // a token can hold no state for the way back
    const fields = { provider, callbackURL: `${ME_PATH}?linked=${provider}`, errorCallbackURL: ME_PATH };
    return this.#sendTo('/link-social', fields, visit, { cookie });
  }

  /** The browser comes back from a provider. Always answers a redirect to a page of ours. */
  async callback(provider: string, request: Request): Promise<Response> {
    if (!this.#offers(provider)) throw new Problem('not_found');
    const headers = new Headers({ 'cache-control': 'no-store' });
    headers.set('location', await this.#return(provider, { request, headers }));
    return new Response(null, { status: 302, headers });
  }

  /** Ends the session of a validly signed cookie; takes the cookie away in any case. */
  async signOut({ request, headers }: Visit): Promise<void> {
    const token = this.#options.cookie.tokenOf(request.headers);
    if (token) await this.#options.sessions.end(token);
    headers.append('set-cookie', this.farewell());
  }

  /** The `Set-Cookie` line for a browser whose session is over. */
  farewell(): string {
    return this.#options.cookie.ended();
  }

  #offers(provider: string): boolean {
    return this.#options.providers.some(({ id }) => id === provider);
  }

  async #return(provider: string, visit: Visit): Promise<string> {
    const { search } = new URL(visit.request.url);
    const cookie = visit.request.headers.get('cookie') ?? '';
    try {
      const { result: response, trouble } = await this.#options.calls.watch(() =>
        this.#ask(`/callback/${provider}${search}`, { method: 'GET' }, visit, { cookie }),
      );
      const location = response.headers.get('location');
      if (!location) throw await refusal(response);
      if (await this.#isHalf(response, visit)) return `${SIGN_IN_PATH}?second-factor=1`;
      await this.#begin(response, visit);
      return this.#localPath(location, trouble);
    } catch (error) {
      this.#options.log.error({ err: error, provider }, 'a sign-in with a provider failed');
      return `${SIGN_IN_PATH}?error=internal`;
    }
  }

  async #post(path: string, body: object, visit: Visit, headers: Record<string, string> = {}) {
    const init = { method: 'POST', body: JSON.stringify(body) };
    const asked = { ...headers, 'content-type': 'application/json' };
    return unrefused(() => this.#ask(path, init, visit, asked));
  }

  /** Rejects with `provider_unavailable` when its discovery document cannot be read. */
  async #sendTo(path: string, fields: object, visit: Visit, headers: Record<string, string> = {}) {
    const { calls } = this.#options;
    const { result: response, trouble } = await calls.watch(() =>
      this.#post(path, fields, visit, headers).catch((error: unknown) => Problem.from(error)),
    );
    if (trouble) throw new Problem('provider_unavailable', { retryAfter: 5 });
    if (response instanceof Problem) throw response;
    for (const line of response.headers.getSetCookie()) visit.headers.append('set-cookie', line);
    const { url } = (await response.json()) as { url: string };
    return { url };
  }

  #ask(path: string, init: RequestInit, { request }: Visit, headers: Record<string, string>) {
    const { auth, origin } = this.#options;
    const agent = (request.headers.get('user-agent') ?? '').slice(0, USER_AGENT_LENGTH);
    const language = request.headers.get('accept-language') ?? '';
    const asked = {
      ...init,
      headers: { ...headers, origin, 'user-agent': agent, 'accept-language': language },
    };
    return auth(new Request(origin + AUTH_PATH + path, asked));
  }

  async #welcome(response: Response, visit: Visit): Promise<SignedIn> {
    await this.#begin(response, visit);
    const { user } = (await response.json()) as SignedIn;
    return { user: { id: user.id, name: user.name, email: user.email } };
  }

  /** Whether a provider's word is not enough, because there is a second factor. Links begin no session. */
  async #isHalf(response: Response, visit: Visit): Promise<boolean> {
    const token = this.#begunToken(response);
    return token !== undefined && (await this.#options.entry.haltProvider(token, visit));
  }

  #begunToken(response: Response): string | undefined {
    const { cookie } = this.#options;
    const line = response.headers.getSetCookie().find((candidate) => cookie.begins(candidate));
    return line && cookie.token(line.slice(line.indexOf('=') + 1).split(';')[0] ?? '');
  }

  /** Hands out the cookies. A session that this browser had before could never be ended again: it ends now. */
  async #begin(response: Response, { request, headers }: Visit): Promise<void> {
    const { cookie, sessions, devices } = this.#options;
    const lines = response.headers.getSetCookie();
    const former = cookie.tokenOf(request.headers);
    if (former && lines.some((line) => cookie.begins(line))) await sessions.end(former);
    for (const line of lines) headers.append('set-cookie', cookie.lasting(line));
    const token = this.#begunToken(response);
    if (!token) return;
    const { userId } = await sessions.use(token);
    await devices.arrive({ userId, request, headers, locale: localeOf(request) });
  }

  /** A path of ours from what a caller wants to return to. Rejects with `bad_request`: no open redirects. */
  #pathHere(wanted: string | undefined): string {
    if (wanted === undefined) return HOME_PATH;
    const { origin } = this.#options;
    const plain = /^\/(?![/\\])[^\\\p{Cc}]*$/u.test(wanted);
    const url = plain ? URL.parse(wanted, origin) : null;
    if (url?.origin !== origin) {
      throw new Problem('bad_request', { detail: 'callbackURL must be a path of this site.' });
    }
    return url.pathname + url.search + url.hash;
  }

  /** Where better-auth redirects to, if that is here; of an error only its code, or what the driver knows better. */
  #localPath(location: string, trouble: string | undefined): string {
    const { origin } = this.#options;
    const url = new URL(location, origin);
    if (url.origin !== origin) return `${SIGN_IN_PATH}?error=internal`;
    const error = url.searchParams.get('error');
    const isPageForErrors = url.pathname === SIGN_IN_PATH || url.pathname === ME_PATH;
    if (!isPageForErrors || error === null) return url.pathname + url.search + url.hash;
    return `${url.pathname}?error=${trouble ?? (/^\w{1,60}$/.test(error) ? error : 'failed')}`;
  }
}
