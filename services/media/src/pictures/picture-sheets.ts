import { appendFile, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { newId } from '@ptsdly/kit';
import type { KeyPictures } from '@ptsdly/packager';
import type { OriginalSource } from '../playback/packaged.ts';
import { TranscodeError, type Transcoder } from '../transcoder.ts';

export interface SheetLayout {
  /** Of one picture as displayed, in pixels; both even. */
  readonly width: number;
  readonly height: number;
  /** Pictures on a sheet. */
  readonly columns: number;
  readonly rows: number;
}

export interface SheetMakerOptions {
  /** The server's own folder, which the transcoder's paths are relative to. */
  readonly folder: string;
  readonly transcoder: Transcoder;
}

/** What shall be on the sheets. */
export interface PictureRequest {
  readonly pictures: KeyPictures;
  readonly source: OriginalSource;
  readonly toneMap: 'none' | 'pq' | 'hlg';
  readonly layout: SheetLayout;
  readonly signal?: AbortSignal;
}

/** Bytes of pictures that one task may carry; the rest of a huge video is left out. */
const MAX_INPUT = 192 * 1024 * 1024;

/** Draws sync samples of a video on JPEG sheets. The decoder sees a clean file of those samples and nothing else. */
export class SheetMaker {
  readonly #options: SheetMakerOptions;

  constructor(options: SheetMakerOptions) {
    this.#options = options;
  }

  /**
   * The sheets, and when each of their pictures is presented. Rejects with `TranscodeError`; `input` also when
   * not all of the pictures could be decoded.
   */
  async draw(request: PictureRequest): Promise<{ sheets: Buffer[]; times: readonly number[] }> {
    const { folder, transcoder } = this.#options;
    const work = `work/pictures-${newId()}`;
    await mkdir(join(folder, work), { recursive: true, mode: 0o700 });
    try {
      const times = await writePictures(join(folder, work, 'in'), request);
      const task = {
        ...({
          kind: 'pictures',
          priority: 'background',
          ...request.layout,
          toneMap: request.toneMap,
        } as const),
        input: { path: `${work}/in`, demuxer: request.pictures.demuxer },
        output: `${work}/sheet`,
      };
      await transcoder.run(task, request.signal ? { signal: request.signal } : {});
      const expected = Math.ceil(times.length / (request.layout.columns * request.layout.rows));
      return { sheets: await readSheets(join(folder, work), expected), times };
    } finally {
      await rm(join(folder, work), { recursive: true, force: true });
    }
  }
}

/** Writes the pictures one by one, so that memory holds one of them. Answers their times. */
async function writePictures(path: string, { pictures, source, signal }: PictureRequest): Promise<number[]> {
  let [count, bytes] = [-1, 0]; // what stands in front of them is the first chunk
  for await (const chunk of pictures.chunks(source)) {
    signal?.throwIfAborted();
    bytes += chunk.length;
    if (bytes > MAX_INPUT) break;
    await appendFile(path, chunk, { mode: 0o600 });
    count++;
  }
  return pictures.times.slice(0, count);
}

async function readSheets(folder: string, expected: number): Promise<Buffer[]> {
  const names = (await readdir(folder)).filter((name) => /^sheet-\d+\.jpg$/.test(name));
  if (names.length !== expected) {
    throw new TranscodeError('input', `${names.length} of ${expected} sheets could be drawn.`);
  }
  return Promise.all(names.map((_, i) => readFile(join(folder, `sheet-${i + 1}.jpg`))));
}

/** The largest even size within a box that keeps the proportions of a picture and does not enlarge it. */
export function fitWithin(
  picture: { width: number; height: number },
  box: { width: number; height: number },
) {
  const scale = Math.min(1, box.width / picture.width, box.height / picture.height);
  const even = (pixels: number) => Math.max(2, Math.round((pixels * scale) / 2) * 2);
  return { width: even(picture.width), height: even(picture.height) };
}
