import type { Transaction } from 'kysely';
import { backoff } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import type { Database, Tables } from '../schema.ts';
import type { DueKind, DueRow } from './schema.ts';

/** Longer than any provider is waited for. */
const LEASE_MS = 120_000;

/** The rows of work that is due at a time. Several control planes may do it; each row is done by one at a time. */
export class Due {
  readonly #db: Database;
  readonly #clock: Clock;

  constructor(db: Database, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  /** Plans work, in the transaction that makes it necessary; work of this kind that was planned before moves. */
  async set(trx: Transaction<Tables>, kind: DueKind, subject: string, dueAt: number): Promise<void> {
    await this.drop(trx, kind, subject);
    await trx.insertInto('due').values({ kind, subject, dueAt, attempts: 0, leaseUntil: null }).execute();
  }

  async drop(trx: Pick<Transaction<Tables>, 'deleteFrom'>, kind: DueKind, subject: string): Promise<void> {
    await trx.deleteFrom('due').where('kind', '=', kind).where('subject', '=', subject).execute();
  }

  /** Everything that is planned for a subject. */
  async clear(trx: Transaction<Tables>, subject: string, but: readonly DueKind[] = []): Promise<void> {
    const rows = trx.deleteFrom('due').where('subject', '=', subject);
    await (but.length === 0 ? rows : rows.where('kind', 'not in', but)).execute();
  }

  async at(
    db: Pick<Transaction<Tables>, 'selectFrom'>,
    kind: DueKind,
    subject: string,
  ): Promise<number | null> {
    const planned = db.selectFrom('due').select('dueAt').where('kind', '=', kind);
    return (await planned.where('subject', '=', subject).executeTakeFirst())?.dueAt ?? null;
  }

  /** The moment of the next work, also of what is past (ms since 1970). */
  async next(): Promise<number | null> {
    const first = this.#db.selectFrom('due').select('dueAt').orderBy('dueAt').limit(1);
    return (await first.executeTakeFirst())?.dueAt ?? null;
  }

  /** Takes the row whose time came first, of those that nobody else holds. */
  async claim(): Promise<DueRow | undefined> {
    const now = this.#clock.now();
    const rows = await this.#db
      .selectFrom('due')
      .selectAll()
      .where('dueAt', '<=', now)
      .where((where) => where.or([where('leaseUntil', 'is', null), where('leaseUntil', '<=', now)]))
      .orderBy('dueAt')
      .limit(20)
      .execute();
    for (const row of rows) {
      const leaseUntil = now + LEASE_MS;
      const free = this.#db
        .updateTable('due')
        .set({ leaseUntil })
        .where('kind', '=', row.kind)
        .where('subject', '=', row.subject)
        .where('dueAt', '=', row.dueAt)
        .where((where) => where.or([where('leaseUntil', 'is', null), where('leaseUntil', '<=', now)]));
      if ((await free.executeTakeFirst()).numUpdatedRows > 0n) return { ...row, leaseUntil };
    }
    return undefined;
  }

  /** It is done; unless it was planned anew meanwhile. */
  async done(row: DueRow): Promise<void> {
    await this.#db
      .deleteFrom('due')
      .where('kind', '=', row.kind)
      .where('subject', '=', row.subject)
      .where('leaseUntil', '=', row.leaseUntil)
      .execute();
  }

  /** It is to be done again later; `random` in 0..1 spreads what failed together. */
  async failed(row: DueRow, random: number): Promise<void> {
    const attempts = row.attempts + 1;
    const pause = backoff('capacity', attempts, random) ?? LEASE_MS;
    await this.#db
      .updateTable('due')
      .set({ attempts, leaseUntil: null, dueAt: this.#clock.now() + pause })
      .where('kind', '=', row.kind)
      .where('subject', '=', row.subject)
      .where('leaseUntil', '=', row.leaseUntil)
      .execute();
  }
}
