import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Api,
  type Client,
  createClient,
  identityApi,
  linksApi,
  mediaApi,
  type Server,
  subscriptionsApi,
  type Video,
} from '@ptsdly/contract';

export const password = 'correct horse battery';

/** Somebody with a browser's cookie jar, or without an account. */
export class Person {
  readonly #origin: string;
  readonly #cookies = new Map<string, string>();

  constructor(origin: string) {
    this.#origin = origin;
  }

  /** The cookie header as this person sends it. */
  get cookie(): string {
    return [...this.#cookies].map((pair) => pair.join('=')).join('; ');
  }

  /** A request to the product as a browser sends it: own cookies, own origin, no redirect followed. */
  async fetch(path: string, init: RequestInit & { duplex?: 'half' } = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.cookie) headers.set('cookie', this.cookie);
    headers.set('origin', this.#origin);
    const response = await fetch(new URL(path, this.#origin), { redirect: 'manual', ...init, headers });
    this.#keep(response.headers.getSetCookie());
    return response;
  }

  call<A extends Api>(api: A, base = ''): Client<A> {
    return createClient(api, {
      baseUrl: this.#origin + base,
      fetch: async (request) =>
        this.fetch(request.url, {
          method: request.method,
          headers: request.headers,
          ...(request.body ? { body: await request.text() } : {}),
        }),
    });
  }

  get identity() {
    return this.call(identityApi);
  }
  get subscriptions() {
    return this.call(subscriptionsApi);
  }
  get links() {
    return this.call(linksApi);
  }
  media(server: Server) {
    return this.call(mediaApi, server.url);
  }

  async signUp(name = 'Kim'): Promise<string> {
    const email = `${randomUUID()}@example.test`;
    await this.identity.signUp({ body: { name, email, password } });
    return email;
  }

  /** Subscribes to the first plan and waits for the server. */
  async subscribe(): Promise<Server> {
    return this.ready(await this.order());
  }

  /** Subscribes to the first plan; resolves with the id of the server that is then made. */
  async order(): Promise<string> {
    const { items: plans } = await this.subscriptions.plans({});
    const { server } = await this.subscriptions.subscribe({
      body: { planId: plans[0]?.id ?? '', serverName: 'My films' },
    });
    return server.id;
  }

  /** Resolves once the server is ready. */
  async ready(serverId: string): Promise<Server> {
    return until(
      () => this.subscriptions.getServer({ params: { id: serverId } }),
      (server) => server.state === 'ready',
      (server) => `the server is ${server.state}: ${server.failure}`,
    );
  }

  /** Resolves once the upload is complete and the video can be played or has failed. */
  async settled(server: Server, videoId: string): Promise<Video> {
    return until(
      () => this.media(server).getVideo({ params: { id: videoId } }),
      (video) => video.upload === 'complete' && (video.playable || video.failure !== null),
      (video) => `the video is ${video.upload}, playable ${video.playable}`,
    );
  }

  #keep(setCookies: readonly string[]): void {
    for (const cookie of setCookies) {
      const [pair = '', ...attributes] = cookie.split(/;\s*/);
      const equals = pair.indexOf('=');
      const gone = attributes.some((attribute) => /^max-age=0$/i.test(attribute));
      if (gone) this.#cookies.delete(pair.slice(0, equals));
      else this.#cookies.set(pair.slice(0, equals), pair.slice(equals + 1));
    }
  }
}

/** Asks again until the answer is right; says what it last was when it never is. */
export async function until<T>(
  ask: () => Promise<T>,
  right: (answer: T) => boolean,
  describe: (answer: T) => string,
  seconds = 15,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (right(answer)) return answer;
    if (Date.now() > deadline) throw new Error(describe(answer));
    await sleep(25);
  }
}
