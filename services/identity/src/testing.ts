import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createClient,
  type Event,
  type FeedPage,
  feedApi,
  identityInternalApi,
  identityOperatorApi,
  type Me,
  type ProblemJson,
} from '@ptsdly/contract';
import { newDatabase } from '@ptsdly/db/testing';
import { createServiceTokens, type Service, silentLog } from '@ptsdly/kit';
import { type IdentityOptions, openIdentity } from './service.ts';

export const serviceKey = new TextEncoder().encode('k'.repeat(32));
export const secret = 'a secret of the tests, long enough for all';
export const DAY_MS = 24 * 3600_000;
/** What a credential that is no longer good is answered. */
export const unauthenticated = { code: 'unauthenticated' };
export const person = { name: 'Mina', email: 'mina@example.com', password: 'three green lanterns' };

/** Any JSON body that the tests look into. */
export type Json = Partial<ProblemJson> &
  Partial<Me> & { user?: Me; url?: string; receiptUrl?: string; keys?: unknown[]; items?: Event[] };

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Json;
  readonly text: string;
  /** `name=value` of the session cookie that was set, as a browser sends it back. */
  readonly cookie: string;
}

export interface Call {
  readonly method?: string;
  readonly body?: unknown;
  /** Sent as it is, instead of `body` as JSON. */
  readonly raw?: string;
  readonly headers?: Record<string, string>;
  readonly cookie?: string;
  readonly token?: string;
}

/** A fresh folder, and how to remove it. */
export function folder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'ptsdly-identity-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** An identity on a real database with the calls that a gateway makes. */
export class Rig {
  readonly service: Service;
  readonly baseUrl: string;
  readonly #send: (request: Request) => Promise<Response>;

  constructor(service: Service, baseUrl: string, send = service.fetch) {
    this.service = service;
    this.baseUrl = baseUrl;
    this.#send = send;
  }

  static async open(options: Partial<IdentityOptions> = {}): Promise<Rig> {
    const baseUrl = options.baseUrl ?? 'http://localhost:8080';
    const tokens = createServiceTokens('identity', serviceKey);
    const defaults = { databaseUrl: newDatabase(), baseUrl, secret, log: silentLog, tokens };
    return new Rig(await openIdentity({ ...defaults, ...options }), baseUrl);
  }

  /** With somebody who is signed in. */
  static async withOwner(): Promise<{ rig: Rig; owner: Awaited<ReturnType<Rig['enter']>> }> {
    const rig = await Rig.open();
    return { rig, owner: await rig.enter() };
  }

  /** The same rig with its requests sent otherwise (over a socket). */
  over(send: (request: Request) => Promise<Response>): Rig {
    return new Rig(this.service, this.baseUrl, send);
  }

  /** As the gateway forwards: on an inner address, with the browser's Origin. */
  async call(path: string, call: Call = {}): Promise<Answer> {
    const method = call.method ?? (call.body === undefined && call.raw === undefined ? 'GET' : 'POST');
    const headers = new Headers(call.headers);
    if (method !== 'GET' && !headers.has('origin')) headers.set('origin', this.baseUrl);
    if (call.body !== undefined) headers.set('content-type', 'application/json');
    if (call.cookie) headers.set('cookie', call.cookie);
    if (call.token) headers.set('authorization', `Bearer ${call.token}`);
    const body = call.raw ?? (call.body === undefined ? null : JSON.stringify(call.body));
    const response = await this.#send(new Request(`http://service${path}`, { method, headers, body }));
    const text = await response.text();
    const json = /json/.test(response.headers.get('content-type') ?? '') ? (JSON.parse(text) as Json) : {};
    return {
      status: response.status,
      headers: response.headers,
      json,
      text,
      cookie: sessionCookie(response),
    };
  }

  signUp(changes: Partial<typeof person> = {}): Promise<Answer> {
    return this.call('/api/auth/sign-up/email', { body: { ...person, ...changes } });
  }

  signIn(changes: Partial<typeof person> = {}): Promise<Answer> {
    const { email, password } = { ...person, ...changes };
    return this.call('/api/auth/sign-in/email', { body: { email, password } });
  }

  signOut(cookie: string): Promise<Answer> {
    return this.call('/api/auth/sign-out', { method: 'POST', cookie });
  }

  /** One token for an audience, as the gateway asks for it. */
  async issue(credential: { cookie: string } | { subjectToken: string }, audience = 'identity') {
    const answer =
      'cookie' in credential
        ? { cookie: credential.cookie.slice(credential.cookie.indexOf('=') + 1) }
        : credential;
    return this.#internal().issueToken({ body: { audience, ...answer } });
  }

  /** Signs up and returns what the gateway would send: the cookie and a token for identity. */
  async enter(changes: Partial<typeof person> = {}) {
    const { cookie } = await this.signUp(changes);
    return { cookie, ...(await this.issue({ cookie })) };
  }

  /** The newest letter to an address, once it is written. */
  async letter(to: string, subject: RegExp): Promise<{ text: string; token: string }> {
    for (let tries = 0; tries < 500; tries++) {
      const { items } = await this.operator().mails({ query: { limit: 200 } });
      const found = items.find((letter) => letter.to === to && subject.test(letter.subject));
      if (found) return { text: found.text, token: /#token=([\w-]+)/.exec(found.text)?.[1] ?? '' };
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`no letter to ${to} says ${subject}`);
  }

  operator() {
    return createClient(identityOperatorApi, this.#peer());
  }

  async events(after = 0, wait = 0): Promise<FeedPage> {
    const client = createClient(feedApi, this.#peer());
    return client.events({ query: { after, wait } });
  }

  #internal() {
    return createClient(identityInternalApi, this.#peer());
  }

  #peer() {
    const tokens = createServiceTokens('gateway', serviceKey);
    const headers = async () => ({ authorization: `Bearer ${await tokens.sign('identity')}` });
    return { fetch: this.#send, baseUrl: 'http://service', headers };
  }
}

function sessionCookie(response: Response): string {
  const lines = response.headers.getSetCookie();
  const line = lines.find((candidate) => /^(__Host-)?ptsdly=/.test(candidate));
  return line?.split(';')[0] ?? '';
}
