import { createHash, timingSafeEqual } from 'node:crypto';
import { Problem } from '@ptsdly/contract';
import type { Bell, Logger } from '@ptsdly/kit';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { Credentials } from './credentials.ts';
import type { IdentityTables } from './schema.ts';
import { endAllOf } from './sessions.ts';

/** What Kakao sends as a form: `user_id` is the number by which the account was linked. */
const notice = z.object({ user_id: z.string().regex(/^\d{1,20}$/), referrer_type: z.string().max(40) });

export interface KakaoUnlinkParts {
  readonly db: Kysely<IdentityTables>;
  readonly bell: Bell;
  readonly credentials: Credentials;
  readonly log: Logger;
  /** The primary admin key of the app at Kakao; without one there is no webhook. */
  readonly adminKey: string | undefined;
}

/**
 * Kakao's unlink webhook (Kakao Developers, Kakao Login, Webhook, "Unlink webhook"): somebody has taken us off the list
 * of connected services, or has left Kakao. It carries the admin key in `Authorization: KakaoAK <key>` and wants 200
 * within three seconds, also for people whom we do not know.
 */
export class KakaoUnlink {
  readonly #parts: KakaoUnlinkParts;

  constructor(parts: KakaoUnlinkParts) {
    this.#parts = parts;
  }

  /** Rejects with `not_found` where no key is configured, `unauthenticated` or `invalid_fields`. */
  async receive(request: Request): Promise<Response> {
    const { adminKey, log } = this.#parts;
    if (adminKey === undefined) throw new Problem('not_found');
    const shown = /^KakaoAK (\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1] ?? '';
    if (!timingSafeEqual(digest(shown), digest(adminKey))) throw new Problem('unauthenticated');
    const form = notice.safeParse(Object.fromEntries(new URLSearchParams(await request.text())));
    if (!form.success) throw new Problem('invalid_fields');
    const userId = await this.#unlink(form.data.user_id);
    log.info({ userId, reason: form.data.referrer_type }, 'Kakao says that an account was unlinked');
    return new Response(null, { status: 200 });
  }

  /**
   * Takes the link away. Where it was the only way in, sessions and API tokens end with it; the account and what it
   * pays for stay, and a letter says what happened. Answers whose it was.
   */
  async #unlink(accountId: string): Promise<string | undefined> {
    const { db, bell, credentials } = this.#parts;
    const user = await db.transaction().execute(async (trx) => {
      const link = await trx
        .selectFrom('account')
        .select(['id', 'userId'])
        .where('providerId', '=', 'kakao')
        .where('accountId', '=', accountId)
        .executeTakeFirst();
      if (!link) return undefined;
      await trx.deleteFrom('account').where('id', '=', link.id).execute();
      const { userId } = link;
      const accounts = await trx.selectFrom('account').select('id').where('userId', '=', userId).execute();
      const passkeys = await trx.selectFrom('passkey').select('id').where('userId', '=', userId).execute();
      if (accounts.length + passkeys.length === 0) await endAllOf(trx, userId);
      return trx
        .selectFrom('user')
        .select(['id', 'locale'])
        .where('id', '=', userId)
        .executeTakeFirstOrThrow();
    });
    if (user === undefined) return undefined;
    bell.ring();
    const locale = user.locale === 'en' ? 'en' : 'ko';
    await credentials.tellOfChange({ sub: user.id }, 'kakao-unlinked', locale);
    return user.id;
  }
}

const digest = (text: string) => createHash('sha256').update(text).digest();
