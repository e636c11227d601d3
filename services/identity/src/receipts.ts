import { createHash, randomBytes } from 'node:crypto';
import { type Event, Problem, type Receipt, type Removed } from '@ptsdly/contract';
import type { Kysely, Transaction } from 'kysely';
import type { IdentityTables } from './schema.ts';

/** Who has something of an account, and says when it is gone. */
const SERVICES: readonly Removed['service'][] = ['identity', 'subscriptions', 'links'];

/**
 * What was removed with an account, for whoever had it. Each service says so in its feed once all is gone, so one that
 * is away on the day is waited for. A receipt names nobody and is found only by the secret in its address.
 */
export class Receipts {
  readonly #db: Kysely<IdentityTables>;

  constructor(db: Kysely<IdentityTables>) {
    this.#db = db;
  }

  /** In the transaction that deletes the account. Answers the secret. */
  async begin(trx: Transaction<IdentityTables>, userId: string, counts: Removed['counts']): Promise<string> {
    const secret = randomBytes(24).toString('base64url');
    const createdAt = new Date().toISOString();
    const removed: Removed[] = [{ service: 'identity', at: createdAt, counts }];
    const row = { hash: digest(secret), userId, createdAt, removed: JSON.stringify(removed) };
    await trx.insertInto('receipt').values(row).execute();
    return secret;
  }

  /** Rejects with `not_found`. */
  async read(secret: string): Promise<Receipt> {
    const row = await this.#db
      .selectFrom('receipt')
      .select(['createdAt', 'removed'])
      .where('hash', '=', digest(secret))
      .executeTakeFirst();
    if (!row) throw new Problem('not_found');
    const removed = JSON.parse(row.removed) as Removed[];
    const done = new Set(removed.map(({ service }) => service));
    return { createdAt: row.createdAt, isComplete: SERVICES.every((service) => done.has(service)), removed };
  }

  /** What another service says; bears being told twice. */
  async apply({ at, data }: Event): Promise<void> {
    if (data.type !== 'account.removed') return;
    const { userId, service, counts } = data;
    await this.#db.transaction().execute(async (trx) => {
      const row = await trx
        .selectFrom('receipt')
        .select(['hash', 'removed'])
        .where('userId', '=', userId)
        .executeTakeFirst();
      if (!row) return;
      const known = JSON.parse(row.removed) as Removed[];
      const others = known.filter((one) => one.service !== service);
      const before = known.find((one) => one.service === service)?.counts ?? {};
      const removed = JSON.stringify([...others, { service, at, counts: largest(before, counts) }]);
      await trx.updateTable('receipt').set({ removed }).where('hash', '=', row.hash).execute();
    });
  }
}

/** Whoever was interrupted counts what was left the second time. */
function largest(a: Removed['counts'], b: Removed['counts']): Removed['counts'] {
  const kinds = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return Object.fromEntries(kinds.map((kind) => [kind, Math.max(a[kind] ?? 0, b[kind] ?? 0)]));
}

const digest = (secret: string) => createHash('sha256').update(secret).digest('base64url');
