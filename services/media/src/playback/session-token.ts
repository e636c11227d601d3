import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Problem } from '@ptsdly/contract';
import { z } from 'zod';

/** What a play session is: who may see what, until when. */
export interface PlaySession {
  /** Names this session; two of the same right differ in it. */
  readonly id: string;
  readonly videoId: string;
  /** The link that was opened, and its epoch at that time; null for the owner. */
  readonly link: { readonly id: string; readonly epoch: number } | null;
  /** The owner's sign-in session; null for the bearer of a link. */
  readonly sid: string | null;
  readonly download: boolean;
  /** The movie header that a video had when it was opened while it arrived; null for a complete one. */
  readonly movie: string | null;
  /** The file that it is cut from. */
  readonly file: string;
  /** Renditions that this session lists, by name; the original alone when there are none. */
  readonly renditions: readonly string[];
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

/** Short names, because the token stands in every URL of a playlist. */
const payload = z.object({
  i: z.string(),
  v: z.string(),
  l: z.string().optional(),
  e: z.int().optional(),
  s: z.string().optional(),
  d: z.literal(1).optional(),
  m: z.string().optional(),
  /** Absent where the file is the one that the video came with. */
  f: z.string().optional(),
  r: z.array(z.string()).optional(),
  /** Unix seconds. */
  x: z.int(),
});

const MAC_BYTES = 32;

/**
 * Play sessions as self-contained tokens: a payload and its HMAC-SHA-256 (RFC 2104) under a key of this server
 * alone, so that they outlive a restart and need no table.
 */
export class SessionTokens {
  readonly #key: Buffer;

  constructor(key: Buffer) {
    this.#key = key;
  }

  static newKey(): Buffer {
    return randomBytes(MAC_BYTES);
  }

  sign(session: Omit<PlaySession, 'id'>): string {
    const claims: z.input<typeof payload> = {
      i: randomBytes(8).toString('base64url'),
      v: session.videoId,
      ...(session.link && { l: session.link.id, e: session.link.epoch }),
      ...(session.sid !== null && { s: session.sid }),
      ...(session.download && { d: 1 as const }),
      ...(session.movie !== null && { m: session.movie }),
      ...(session.file !== session.videoId && { f: session.file }),
      ...(session.renditions.length > 0 && { r: [...session.renditions] }),
      x: Math.floor(session.expiresAt / 1000),
    };
    const body = Buffer.from(JSON.stringify(claims)).toString('base64url');
    return `${body}.${this.#mac(body).toString('base64url')}`;
  }

  /** The session in a token that this server signed; it may have ended. Throws `session_invalid`. */
  read(token: string): PlaySession {
    const [body = '', mac = '', rest] = token.split('.');
    const given = Buffer.from(mac, 'base64url');
    const right = this.#mac(body);
    if (rest !== undefined || given.length !== MAC_BYTES || !timingSafeEqual(given, right)) {
      throw new Problem('session_invalid');
    }
    const claims = payload.parse(JSON.parse(Buffer.from(body, 'base64url').toString('utf8')));
    return {
      id: claims.i,
      videoId: claims.v,
      link: claims.l === undefined ? null : { id: claims.l, epoch: claims.e ?? 0 },
      sid: claims.s ?? null,
      download: claims.d === 1,
      movie: claims.m ?? null,
      file: claims.f ?? claims.v,
      renditions: claims.r ?? [],
      expiresAt: claims.x * 1000,
    };
  }

  #mac(body: string): Buffer {
    return createHmac('sha256', this.#key).update(body).digest();
  }
}
