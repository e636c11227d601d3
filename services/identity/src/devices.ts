import { createHash, randomBytes } from 'node:crypto';
import { upsert } from '@ptsdly/db';
import type { Kysely } from 'kysely';
import type { SessionCookie } from './cookie.ts';
import type { PostOffice } from './mail/post-office.ts';
import type { Locale } from './mail/words.ts';
import { isPlaceholder } from './providers/owned-email.ts';
import type { IdentityTables } from './schema.ts';

const MAX_AGE_S = 400 * 24 * 3600;

export interface Arrival {
  readonly userId: string;
  readonly request: Request;
  /** Where the cookie goes. */
  readonly headers: Headers;
  readonly locale: Locale;
}

/** Knows the browsers that somebody has signed in with, by a cookie of theirs, and writes when there is a new one. */
export class Devices {
  readonly #db: Kysely<IdentityTables>;
  readonly #cookie: SessionCookie;
  readonly #post: PostOffice;

  constructor(db: Kysely<IdentityTables>, cookie: SessionCookie, post: PostOffice) {
    this.#db = db;
    this.#cookie = cookie;
    this.#post = post;
  }

  async arrive({ userId, request, headers, locale }: Arrival): Promise<void> {
    const name = `${this.#cookie.prefix}.device`;
    const shown = this.#cookie.valueOf(request.headers, name);
    const isOurs = shown !== undefined && /^[\w-]{22}$/.test(shown);
    const device = isOurs ? shown : randomBytes(16).toString('base64url');
    if (!isOurs) headers.append('set-cookie', this.#cookie.line('device', device, MAX_AGE_S));
    const known = await this.#remember(userId, createHash('sha256').update(device).digest('base64url'));
    if (!known) await this.tell(userId, deviceName(request.headers.get('user-agent')), locale);
  }

  /** Writes to somebody, who wants to know it, that there was a sign-in. */
  async tell(userId: string, device: string, locale: Locale): Promise<void> {
    const user = await this.#db
      .selectFrom('user')
      .select(['email', 'signInAlerts'])
      .where('id', '=', userId)
      .executeTakeFirst();
    if (user?.signInAlerts !== 1 || isPlaceholder(user.email)) return;
    const values = {
      device,
      time: `${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    };
    await this.#post.post({ kind: 'new-sign-in', email: user.email, userId, locale, values });
  }

  /** True for a device that was here before, and for the first one of all, which is where the account was made. */
  async #remember(userId: string, hash: string): Promise<boolean> {
    const devices = await this.#db.selectFrom('device').select('hash').where('userId', '=', userId).execute();
    const seenAt = new Date().toISOString();
    await upsert(this.#db, 'device', { userId, hash, seenAt }, ['userId', 'hash'], { seenAt });
    return devices.length === 0 || devices.some((device) => device.hash === hash);
  }
}

const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/KAKAOTALK/i, 'KakaoTalk'],
  [/Whale\//, 'Whale'],
  [/SamsungBrowser\//, 'Samsung Internet'],
  [/Edg\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/Firefox\//, 'Firefox'],
  [/Chrome\/|CriOS\//, 'Chrome'],
  [/Safari\//, 'Safari'],
];
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/iPhone|iPod/, 'iPhone'],
  [/iPad/, 'iPad'],
  [/Android/, 'Android'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'Mac'],
  [/Linux|X11/, 'Linux'],
];

/** `Chrome · Android`; names that need no translation. `–` where nothing is known. */
export function deviceName(userAgent: string | null): string {
  const pick = (table: typeof BROWSERS) => table.find(([sign]) => sign.test(userAgent ?? ''))?.[1];
  return [pick(BROWSERS), pick(SYSTEMS)].filter(Boolean).join(' · ') || '–';
}
