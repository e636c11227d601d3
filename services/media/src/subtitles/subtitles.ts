import { Problem, type Subtitle } from '@ptsdly/contract';
import { newId } from '@ptsdly/kit';
import type { SubtitleRow } from '../database.ts';
import type { Journal } from '../library/journal.ts';
import { normalise } from '../library/wording.ts';
import { readSubtitleFile } from './subtitle-file.ts';
import { SubtitleSearch } from './subtitle-search.ts';

const MAX_SUBTITLES = 30;
const LANGUAGE = /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$/;

/** What the uploader says of a file. */
export interface SubtitleLabels {
  /** BCP 47; where it is none, the name of the file (`film.ko.srt`) or its letters tell. */
  readonly language?: string | undefined;
  readonly label?: string | undefined;
  readonly fileName?: string | undefined;
}

export interface SubtitlesOptions {
  readonly journal: Journal;
  /** URL of this server, for the URLs in its answers. */
  readonly url: string;
}

type Description = Omit<SubtitleRow, 'vtt' | 'search_text' | 'created_at'>;
const shown = ['id', 'video_id', 'language', 'label', 'format', 'cues'] as const;

/** The subtitles of the videos of this server, kept as WebVTT of our own writing. */
export class Subtitles {
  readonly search: SubtitleSearch;
  readonly #options: SubtitlesOptions;

  constructor(options: SubtitlesOptions) {
    this.#options = options;
    this.search = new SubtitleSearch(options.journal.db);
  }

  /** Rejects with `not_found`, `subtitles_unreadable` or `limit_reached`. */
  async add(videoId: string, bytes: Uint8Array, labels: SubtitleLabels): Promise<Subtitle> {
    const file = readSubtitleFile(bytes);
    const row: SubtitleRow = {
      id: newId(),
      video_id: videoId,
      language: languageOf(labels) ?? file.language,
      label: (labels.label ?? '').trim().slice(0, 100),
      format: file.format,
      cues: file.cues,
      search_text: normalise(file.words),
      vtt: file.vtt,
      created_at: new Date().toISOString(),
    };
    await this.#options.journal.write(async (trx) => {
      const known = await trx.selectFrom('subtitles').select('id').where('video_id', '=', videoId).execute();
      if (known.length >= MAX_SUBTITLES) throw new Problem('limit_reached');
      const video = await trx.selectFrom('videos').select('id').where('id', '=', videoId).executeTakeFirst();
      if (!video) throw new Problem('not_found');
      await trx.insertInto('subtitles').values(row).execute();
      return { videos: [videoId] };
    });
    this.search.forget();
    return this.#describe(row, this.#ownUrl(row));
  }

  /** In the order in which they came. */
  async list(videoId: string, urlOf = (row: Description) => this.#ownUrl(row)): Promise<Subtitle[]> {
    const rows = await this.#options.journal.db
      .selectFrom('subtitles')
      .select(shown)
      .where('video_id', '=', videoId)
      .orderBy('id')
      .execute();
    return rows.map((row) => this.#describe(row, urlOf(row)));
  }

  /** WebVTT. Rejects with `not_found`. */
  async read(videoId: string, id: string): Promise<string> {
    const row = await this.#options.journal.db
      .selectFrom('subtitles')
      .select('vtt')
      .where('id', '=', id)
      .where('video_id', '=', videoId)
      .executeTakeFirst();
    if (!row) throw new Problem('not_found');
    return row.vtt;
  }

  /** Rejects with `not_found`. */
  async change(
    videoId: string,
    id: string,
    { language, label }: { language?: string | undefined; label?: string | undefined },
  ): Promise<Subtitle> {
    const { row } = await this.#options.journal.write(async (trx) => {
      const mine = trx.selectFrom('subtitles').select(shown).where('id', '=', id);
      const before = await mine.where('video_id', '=', videoId).executeTakeFirst();
      if (!before) throw new Problem('not_found');
      const row = { ...before, language: language ?? before.language, label: label ?? before.label };
      await trx.updateTable('subtitles').set(row).where('id', '=', id).execute();
      return { row, videos: [videoId] };
    });
    return this.#describe(row, this.#ownUrl(row));
  }

  /** Rejects with `not_found`. */
  async remove(videoId: string, id: string): Promise<void> {
    await this.#options.journal.write(async (trx) => {
      const { numDeletedRows } = await trx
        .deleteFrom('subtitles')
        .where('id', '=', id)
        .where('video_id', '=', videoId)
        .executeTakeFirstOrThrow();
      if (numDeletedRows === 0n) throw new Problem('not_found');
      return { videos: [videoId] };
    });
    this.search.forget();
  }

  #ownUrl({ id, video_id }: Description): string {
    return `${this.#options.url}/videos/${video_id}/subtitles/${id}.vtt`;
  }

  #describe({ id, language, label, format, cues }: Description, url: string): Subtitle {
    return { id, language, label, format, cues, url };
  }
}

function languageOf({ language, fileName = '' }: SubtitleLabels): string | undefined {
  if (language !== undefined && LANGUAGE.test(language)) return language;
  const named = /\.([a-z]{2,3}(?:-[A-Za-z0-9]{2,8})?)\.[a-z]{3,4}$/.exec(fileName)?.[1];
  return named && LANGUAGE.test(named) ? named : undefined;
}
