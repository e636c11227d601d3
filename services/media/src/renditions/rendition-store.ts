import { isUniqueViolation } from '@ptsdly/db';
import type { MediaDatabase } from '../database.ts';
import type { SegmentRange } from './grid.ts';
import type { RenditionRow, WindowRow } from './rows.ts';

export class RenditionStore {
  readonly #db: MediaDatabase;

  constructor(db: MediaDatabase) {
    this.#db = db;
  }

  async find(video: string, name: string): Promise<RenditionRow | undefined> {
    return this.#db
      .selectFrom('renditions')
      .selectAll()
      .where('video', '=', video)
      .where('name', '=', name)
      .executeTakeFirst();
  }

  async ofVideo(video: string): Promise<RenditionRow[]> {
    return this.#db
      .selectFrom('renditions')
      .selectAll()
      .where('video', '=', video)
      .orderBy('height', 'desc')
      .orderBy('name')
      .execute();
  }

  /** Rows of the same name are replaced. */
  async put(row: RenditionRow): Promise<void> {
    await this.#db.transaction().execute(async (trx) => {
      await trx
        .deleteFrom('renditions')
        .where('video', '=', row.video)
        .where('name', '=', row.name)
        .execute();
      await trx.insertInto('renditions').values(row).execute();
    });
  }

  /** The whole is in its place: its windows are needed no more. */
  async ready(row: RenditionRow): Promise<void> {
    await this.#db.transaction().execute(async (trx) => {
      await trx
        .updateTable('renditions')
        .set({ state: 'ready', size_bytes: row.size_bytes, bit_rate: row.bit_rate })
        .where('video', '=', row.video)
        .where('name', '=', row.name)
        .execute();
      await trx
        .deleteFrom('rendition_windows')
        .where('video', '=', row.video)
        .where('rendition', '=', row.name)
        .execute();
    });
  }

  /** In the order of time. */
  async windows(video: string, rendition: string): Promise<WindowRow[]> {
    return this.#db
      .selectFrom('rendition_windows')
      .selectAll()
      .where('video', '=', video)
      .where('rendition', '=', rendition)
      .orderBy('from_segment')
      .execute();
  }

  async addWindow(row: WindowRow): Promise<void> {
    try {
      await this.#db.insertInto('rendition_windows').values(row).execute();
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      await this.removeWindow(row);
      await this.#db.insertInto('rendition_windows').values(row).execute();
    }
  }

  async removeWindow({ video, rendition, from_segment }: WindowRow): Promise<void> {
    await this.#db
      .deleteFrom('rendition_windows')
      .where('video', '=', video)
      .where('rendition', '=', rendition)
      .where('from_segment', '=', from_segment)
      .execute();
  }

  async remove(video: string, name: string): Promise<void> {
    await this.#db.transaction().execute(async (trx) => {
      await trx
        .deleteFrom('rendition_windows')
        .where('video', '=', video)
        .where('rendition', '=', name)
        .execute();
      await trx.deleteFrom('renditions').where('video', '=', video).where('name', '=', name).execute();
    });
  }

  /** Bytes of all that is ready. */
  async usedBytes(): Promise<number> {
    const { used } = await this.#db
      .selectFrom('renditions')
      .select(({ fn }) => fn.sum<number | null>('size_bytes').as('used'))
      .executeTakeFirstOrThrow();
    return Number(used ?? 0);
  }
}

export const rangeOf = ({ from_segment: from, to_segment: to }: WindowRow): SegmentRange => ({ from, to });
