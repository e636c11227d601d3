import { isUniqueViolation } from '@ptsdly/db';
import { newId } from '@ptsdly/kit';
import type { MediaDatabase } from '../database.ts';
import type { JobParams } from './job-kind.ts';
import type { JobRow } from './job-row.ts';

/** The jobs of this server in its database. */
export class JobStore {
  readonly #db: MediaDatabase;

  constructor(db: MediaDatabase) {
    this.#db = db;
  }

  /** Every job that is not done: few are, of many videos. */
  async unfinished(): Promise<JobRow[]> {
    return this.#db.selectFrom('jobs').selectAll().where('state', '!=', 'done').orderBy('id').execute();
  }

  async ofVideo(video: string): Promise<JobRow[]> {
    return this.#db.selectFrom('jobs').selectAll().where('video', '=', video).orderBy('id').execute();
  }

  /** Undefined when there is one like it already, in whatever state. */
  async add(
    video: string,
    job: Pick<JobRow, 'kind' | 'priority'> & { params: JobParams },
  ): Promise<JobRow | undefined> {
    const now = new Date().toISOString();
    const row: JobRow = {
      id: newId(),
      ...{ video, kind: job.kind, params: writeParams(job.params), priority: job.priority },
      ...{ state: 'queued', attempts: 0, progress: 0, failure_code: null, failure_detail: null },
      ...{ due_at: now, created_at: now },
    };
    try {
      await this.#db.insertInto('jobs').values(row).execute();
      return row;
    } catch (error) {
      if (isUniqueViolation(error)) return undefined;
      throw error;
    }
  }

  async update(id: string, change: Partial<JobRow>): Promise<void> {
    await this.#db.updateTable('jobs').set(change).where('id', '=', id).execute();
  }

  async remove(id: string): Promise<void> {
    await this.#db.deleteFrom('jobs').where('id', '=', id).execute();
  }

  async removeOf(video: string): Promise<void> {
    await this.#db.deleteFrom('jobs').where('video', '=', video).execute();
  }
}

/** The same text for the same parameters, in whatever order they were written. */
export function writeParams(params: JobParams): string {
  return JSON.stringify(Object.fromEntries(Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1))));
}

export const readParams = (text: string): JobParams => JSON.parse(text) as JobParams;
