import { createHash } from 'node:crypto';
import { Problem } from '@ptsdly/contract';
import type { Caller } from '@ptsdly/kit';
import type { Kysely } from 'kysely';
import type { IdentityTables } from './schema.ts';
import type { Sessions } from './sessions.ts';

const SIDE = 256;
const MOST_PIXELS = 50_000_000;
const FORMATS: ReadonlySet<string> = new Set(['jpeg', 'png', 'webp', 'heif', 'gif']);

/**
 * Pictures of people: decoded and encoded anew as a square JPEG, so that nothing of the file that came is kept, neither
 * its place on the map nor what else hides in it. SVG is a program and is refused.
 */
export class Pictures {
  readonly #db: Kysely<IdentityTables>;
  readonly #sessions: Sessions;

  constructor(db: Kysely<IdentityTables>, sessions: Sessions) {
    this.#db = db;
    this.#sessions = sessions;
  }

  /** Rejects with `invalid_fields` for what is no picture. */
  async put(caller: Caller, bytes: Buffer): Promise<void> {
    await this.#sessions.require(caller);
    const jpeg = await square(bytes);
    const hash = createHash('sha256').update(jpeg).digest('hex').slice(0, 16);
    await this.#db.transaction().execute(async (trx) => {
      await trx.deleteFrom('picture').where('userId', '=', caller.sub).execute();
      await trx.insertInto('picture').values({ userId: caller.sub, hash, jpeg }).execute();
      const image = `/api/me/picture?v=${hash}`;
      await trx.updateTable('user').set({ image }).where('id', '=', caller.sub).execute();
    });
  }

  async remove(caller: Caller): Promise<void> {
    await this.#sessions.require(caller);
    await this.#db.transaction().execute(async (trx) => {
      await trx.deleteFrom('picture').where('userId', '=', caller.sub).execute();
      await trx.updateTable('user').set({ image: null }).where('id', '=', caller.sub).execute();
    });
  }

  /** Rejects with `not_found`. */
  async get(caller: Caller): Promise<Response> {
    await this.#sessions.require(caller);
    const row = await this.#db
      .selectFrom('picture')
      .select('jpeg')
      .where('userId', '=', caller.sub)
      .executeTakeFirst();
    if (!row) throw new Problem('not_found');
    const headers = { 'content-type': 'image/jpeg', 'cache-control': 'private, max-age=3600' };
    return new Response(new Uint8Array(row.jpeg), { headers });
  }
}

/** The library is native and large: it is loaded when the first picture comes. */
async function square(bytes: Buffer): Promise<Buffer> {
  const { default: sharp } = await import('sharp');
  try {
    const image = sharp(bytes, { limitInputPixels: MOST_PIXELS, failOn: 'error' });
    const { format } = await image.metadata();
    if (!FORMATS.has(format ?? '')) throw new Error(`the format ${format} is not taken`);
    return await image
      .rotate() // as the camera was held
      .resize(SIDE, SIDE, { fit: 'cover' })
      .flatten({ background: '#ffffff' })
      .jpeg({ quality: 85 })
      .toBuffer();
  } catch (cause) {
    const errors = [{ field: 'image', message: 'This is not a picture that we can read.' }];
    throw new Problem('invalid_fields', { errors, cause });
  }
}
