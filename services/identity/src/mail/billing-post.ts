import type { Event } from '@ptsdly/contract';
import type { Kysely } from 'kysely';
import type { IdentityTables } from '../schema.ts';
import { billingValues } from './billing-letters.ts';
import type { PostOffice } from './post-office.ts';
import type { Locale } from './words.ts';

/** Letters that subscriptions asks for: it knows users by their id, and what there is to say as facts. */
export class BillingPost {
  readonly #db: Kysely<IdentityTables>;
  readonly #post: PostOffice;

  constructor(db: Kysely<IdentityTables>, post: PostOffice) {
    this.#db = db;
    this.#post = post;
  }

  /** Bears being told twice; whoever is gone gets no letter. */
  async apply({ seq, data }: Event): Promise<void> {
    if (data.type !== 'letter.wanted') return;
    const user = await this.#db
      .selectFrom('user')
      .select(['email', 'locale'])
      .where('id', '=', data.userId)
      .executeTakeFirst();
    if (!user) return;
    const locale: Locale = user.locale === 'en' ? 'en' : 'ko';
    const { kind, userId } = data;
    const values = billingValues(kind, data.values, locale);
    await this.#post.post({ id: `subscriptions-${seq}`, kind, email: user.email, userId, locale, values });
  }
}
