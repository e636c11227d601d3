import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Kv } from '@ptsdly/kv';
import { keys } from '../keys.ts';
import type { LinkRecord } from '../sharing/link.ts';

const COOKIE = 'ptsdly_viewer';
/** Seconds in which the same viewer opens again without taking another view. */
const WINDOW_S = 600;
/** A cookie is at most some hundred bytes; more is not ours. */
const MAX_COOKIE = 200;

/**
 * Knows a viewer again by a cookie that says when it took its view, under a MAC with the link and its epoch.
 * Nothing about viewers is stored, and a cookie is worth nothing for another link or after a change.
 */
export class Viewers {
  readonly #key: Buffer;
  readonly #secure: boolean;

  private constructor(key: Buffer, secure: boolean) {
    this.#key = key;
    this.#secure = secure;
  }

  static async open(kv: Kv, secure: boolean): Promise<Viewers> {
    await kv.insert(keys.viewerKey, randomBytes(32).toString('base64'));
    const key = (await kv.get<string>(keys.viewerKey)) as string;
    return new Viewers(Buffer.from(key, 'base64'), secure);
  }

  /** The value of the viewer cookie among the request's cookies. */
  static cookieOf(headers: Headers): string | undefined {
    const match = /(?:^|;\s*)ptsdly_viewer=([^;\s]+)/.exec(headers.get('cookie') ?? '');
    return match?.[1] !== undefined && match[1].length <= MAX_COOKIE ? match[1] : undefined;
  }

  /** Whether the cookie proves a view of this link, in its present epoch, in the last ten minutes. */
  hasView(cookie: string | undefined, link: LinkRecord, now: number): boolean {
    const [takenAt = '', mac = ''] = cookie?.split('.') ?? [];
    const expected = Buffer.from(this.#mac(link, takenAt));
    const given = Buffer.from(mac);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return false;
    const age = now / 1000 - Number.parseInt(takenAt, 36);
    return age >= -1 && age < WINDOW_S;
  }

  /** The `Set-Cookie` of a view that was taken now, for the code or alias that was opened (RFC 6265 §4.1). */
  setCookie(link: LinkRecord, segment: string, now: number): string {
    const takenAt = Math.floor(now / 1000).toString(36);
    const value = `${takenAt}.${this.#mac(link, takenAt)}`;
    const path = `Path=/api/links/${encodeURIComponent(segment)}`;
    return `${COOKIE}=${value}; ${path}; Max-Age=${WINDOW_S}; HttpOnly; SameSite=Lax${this.#secure ? '; Secure' : ''}`;
  }

  #mac(link: LinkRecord, takenAt: string): string {
    return createHmac('sha256', this.#key).update(`${link.id} ${link.epoch} ${takenAt}`).digest('base64url');
  }
}
