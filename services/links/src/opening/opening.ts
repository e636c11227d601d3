import { Problem, type ProblemCode } from '@ptsdly/contract';
import type { Tx } from '@ptsdly/kv';
import { isTrashed } from '../cards/cards.ts';
import { resolve } from '../codes/resolve.ts';
import { keys } from '../keys.ts';
import { isPreviewer } from '../redirect/bots.ts';
import type { Ledger } from '../sharing/ledger.ts';
import { type CodeRecord, closedBecause, codeRecord, type LinkRecord } from '../sharing/link.ts';
import type { Statistics } from '../statistics/statistics.ts';
import type { Attempts } from './attempts.ts';
import { verifyPassword } from './password.ts';
import { isPrivate } from './privacy.ts';
import { Viewers } from './viewer.ts';

/** Tries when the password changes while it is being checked. */
const TRIES = 3;

/** Two limiters of wrong passwords: by link and client, and by link. */
export interface PasswordAttempts {
  readonly ofClient: Attempts;
  readonly ofLink: Attempts;
}

/** Who opens, as far as the limits need it. */
export interface Visitor {
  readonly password: string | undefined;
  /** As the gateway says it; only a key of the password limiter, never stored. */
  readonly client: string;
  readonly userAgent: string;
  readonly cookie: string | undefined;
  readonly isPrivate: boolean;
}

export interface Opened {
  readonly link: LinkRecord;
  /** False for a viewer of the last ten minutes. */
  readonly viewTaken: boolean;
}

/** Opens links: every limit is true at the moment, in the transaction that takes the view. */
export class Opening {
  readonly #ledger: Ledger;
  readonly #viewers: Viewers;
  readonly #attempts: PasswordAttempts;
  readonly #statistics: Statistics;

  constructor(ledger: Ledger, viewers: Viewers, attempts: PasswordAttempts, statistics: Statistics) {
    this.#ledger = ledger;
    this.#viewers = viewers;
    this.#attempts = attempts;
    this.#statistics = statistics;
  }

  /** Takes a view. Rejects with the problem that the contract names for each limit. */
  async open(segment: string, visitor: Visitor): Promise<Opened> {
    if (isPreviewer(visitor.userAgent)) throw new Problem('forbidden', { detail: 'A robot opens no link.' });
    for (let tries = 0; tries < TRIES; tries++) {
      const link = await this.#present(segment);
      await this.#checkPassword(link, visitor);
      await this.#statistics.prepare(Date.now());
      const opened = await this.#ledger.kv.transaction((tx) => this.#take(tx, link, visitor));
      if (opened) return opened;
    }
    throw new Problem('unavailable', { retryAfter: 1 });
  }

  /** The URL of a link that could be opened, now or later. Rejects with its problem where it never will again. */
  async urlOf(segment: string, baseUrl: string): Promise<string> {
    const resolved = await resolve(this.#ledger.kv, segment);
    if (!resolved) throw new Problem('not_found');
    const closed = closedBecause(resolved.record, Date.now());
    if (closed && closed !== 'not_open_yet') throw new Problem(closed);
    return `${baseUrl}/${resolved.segment}`;
  }

  async #present(segment: string): Promise<LinkRecord> {
    const record = (await resolve(this.#ledger.kv, segment))?.record;
    if (!record) throw new Problem('not_found');
    const closed = closedBecause(record, Date.now());
    if (closed) throw closedProblem(closed, record);
    const link = await this.#ledger.get(record[0]);
    if (!link) throw new Problem('not_found');
    return link;
  }

  async #checkPassword(link: LinkRecord, { password, client }: Visitor): Promise<void> {
    if (link.password === null) return;
    if (password === undefined) throw new Problem('password_required');
    const key = `${link.id} ${client}`;
    const { ofClient, ofLink } = this.#attempts;
    await ofClient.take(key);
    await ofLink.take(link.id);
    if (!(await verifyPassword(password, link.password))) throw new Problem('wrong_password');
    await Promise.all([ofClient.giveBack(key), ofLink.giveBack(link.id)]);
  }

  /** Undefined when the password is no longer the one that was checked. */
  async #take(tx: Tx, checked: LinkRecord, visitor: Visitor): Promise<Opened | undefined> {
    const now = Date.now();
    const link = await tx.get<LinkRecord>(keys.link(checked.id));
    if (!link) throw new Problem('not_found');
    const closed = closedBecause(codeRecord(link), now);
    if (closed) throw new Problem(closed);
    if (link.password !== checked.password) return undefined;
    if (this.#viewers.hasView(visitor.cookie, link, now)) return { link, viewTaken: false };
    if (await isTrashed(tx, link)) throw new Problem('video_trashed');
    if (link.maxViews !== null && link.views >= link.maxViews) throw new Problem('link_used_up');
    const taken = { ...link, views: link.views + 1, lastOpenedAt: now };
    tx.put(keys.link(link.id), taken);
    await this.#statistics.count(tx, link.id, visitor, now);
    await this.#ledger.announce(tx, 'link.opened', taken);
    if (taken.views === taken.maxViews) await this.#ledger.announce(tx, 'link.exhausted', taken);
    return { link: taken, viewTaken: true };
  }
}

/** Why a link does not open; one that will says when (`Retry-After`). */
function closedProblem(code: ProblemCode, [, opensAt]: CodeRecord): Problem {
  if (code !== 'not_open_yet' || opensAt === null) return new Problem(code);
  return new Problem(code, { retryAfter: (opensAt - Date.now()) / 1000 });
}

/** The visitor that a request shows. */
export function visitorOf(headers: Headers, password: string | undefined): Visitor {
  return {
    password,
    client: (headers.get('x-forwarded-for') ?? '').slice(0, 64),
    userAgent: headers.get('user-agent') ?? '',
    cookie: Viewers.cookieOf(headers),
    isPrivate: isPrivate((name) => headers.get(name)),
  };
}
