import type { VideoRow } from '../database.ts';
import { type Library, storyboardName } from '../library/library.ts';
import { sheetOf, storyboardOf } from '../library/object-names.ts';
import type { Packaged } from '../playback/packaged.ts';
import type { Storage } from '../storage/storage.ts';
import type { Spool } from '../uploads/spool.ts';
import type { SheetMaker } from './picture-sheets.ts';
import { storyboardLayout, writeStoryboard } from './storyboard.ts';

export interface StoryboardsOptions {
  readonly library: Library;
  readonly storage: Storage;
  readonly spool: Spool;
  readonly sheets: SheetMaker;
}

/** Makes the storyboard of a video: sheets of pictures, and the list of what is where on them. */
export class Storyboards {
  readonly #options: StoryboardsOptions;

  constructor(options: StoryboardsOptions) {
    this.#options = options;
  }

  /** Resolves when it can be seen, or when there is nothing to see. Rejects with `TranscodeError`. */
  async make(row: VideoRow, packaged: Packaged, signal?: AbortSignal): Promise<void> {
    const { source, picture, presentation } = packaged;
    if (!picture) return;
    const { width, height, toneMap } = picture;
    const { duration } = presentation;
    const { count, ...layout } = storyboardLayout({ duration, width, height });
    const pictures = packaged.keyPictures({ count });
    if (!pictures) return;
    const drawn = await this.#options.sheets.draw({
      ...{ pictures, source, toneMap, layout },
      ...(signal && { signal }),
    });
    const version = row.storyboard_version + 1;
    const name = storyboardName({ ...row, storyboard_version: version });
    const list = writeStoryboard(drawn.times, duration, layout, (n) => `sheet-${n}.jpg?v=${name}`);
    await this.#keep(row.id, version, list, drawn.sheets);
  }

  async #keep(id: string, version: number, list: string, sheets: readonly Buffer[]): Promise<void> {
    const { storage, spool, library } = this.#options;
    const objects: [string, Buffer][] = sheets.map((sheet, i) => [sheetOf(id, i + 1), sheet]);
    objects.push([storyboardOf(id), Buffer.from(list)]);
    for (const [name, bytes] of objects) await storage.put(name, spool.save(bytes));
    if (await library.storyboarded(id, version)) return;
    for (const [name] of objects) await storage.remove(name); // deleted meanwhile
  }
}
