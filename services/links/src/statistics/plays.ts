import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Problem } from '@ptsdly/contract';
import type { Kv } from '@ptsdly/kv';
import { keys } from '../keys.ts';
import { completionOf, DAY_MS, type DayRecord, dayOf, emptyDay } from './day.ts';

/** A page that stays open longer is not followed any more. */
const TICKET_MS = DAY_MS;
const PLAY_BYTES = 9;

/**
 * Which parts of a video are watched: our page says so under a ticket that it got when it opened the link. A ticket is
 * a random number, the time and the link, under a MAC: it says nothing about who plays, and no play can be counted
 * twice. Which parts a play has shown is kept for two days, to tell what is new, and then only in sums.
 */
export class Plays {
  readonly #kv: Kv;
  readonly #key: Buffer;

  private constructor(kv: Kv, key: Buffer) {
    this.#kv = kv;
    this.#key = key;
  }

  static async open(kv: Kv): Promise<Plays> {
    await kv.insert(keys.playKey, randomBytes(32).toString('base64'));
    return new Plays(kv, Buffer.from((await kv.get<string>(keys.playKey)) as string, 'base64'));
  }

  /** The ticket of one play. */
  ticket(linkId: string, now: number): string {
    const text = [linkId, now.toString(36), randomBytes(PLAY_BYTES).toString('base64url')].join('.');
    return `${text}.${this.#mac(text)}`;
  }

  /** Counts the parts that this play had not shown before. Rejects with `grant_invalid` for a ticket that is none. */
  async note(ticket: string, parts: readonly number[], now: number): Promise<void> {
    const { linkId, at, play } = this.#read(ticket, now);
    const day = dayOf(at);
    const shown = parts.reduce((mask, part) => mask | (1 << part), 0);
    await this.#kv.transaction(async (tx) => {
      if ((await tx.get(keys.link(linkId))) === undefined) return; // erased meanwhile
      const seen = await tx.get<number>(keys.play(day, linkId, play));
      const fresh = shown & ~(seen ?? 0);
      if (seen !== undefined && fresh === 0) return;
      tx.put(keys.play(day, linkId, play), (seen ?? 0) | shown);
      const before = (await tx.get<DayRecord>(keys.stat(linkId, day))) ?? emptyDay;
      const plays = (before.plays ?? 0) + (seen === undefined ? 1 : 0);
      const completion = completionOf(before).map((count, part) => count + ((fresh >> part) & 1));
      tx.put(keys.stat(linkId, day), { ...before, plays, completion } satisfies DayRecord);
    });
  }

  #read(ticket: string, now: number): { linkId: string; at: number; play: string } {
    const cut = ticket.lastIndexOf('.');
    const text = ticket.slice(0, Math.max(0, cut));
    const given = Buffer.from(ticket.slice(cut + 1));
    const expected = Buffer.from(this.#mac(text));
    const genuine = given.length === expected.length && timingSafeEqual(given, expected);
    const [linkId = '', time = '', play = ''] = text.split('.');
    const at = Number.parseInt(time, 36);
    if (!genuine || now - at > TICKET_MS) throw new Problem('grant_invalid');
    return { linkId, at, play };
  }

  #mac(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64url');
  }
}
