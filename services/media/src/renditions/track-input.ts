import { copyFile, link, rm } from 'node:fs/promises';
import { relative } from 'node:path';
import type { Demuxer } from '@ptsdly/contract';
import { originalOf } from '../library/object-names.ts';
import type { Packaged } from '../playback/packaged.ts';
import type { LocalStorage } from '../storage/storage.ts';
import { writeWindowInput } from './window-input.ts';
import type { WorkFolder } from './work-folder.ts';

export interface TrackInputOptions {
  readonly storage: LocalStorage;
  readonly work: WorkFolder;
  /** The server's own folder, which the transcoder sees. */
  readonly folder: string;
}

/** A part of a track as a task names it. */
export interface InputPart extends AsyncDisposable {
  readonly input: { readonly path: string; readonly demuxer: Demuxer };
  /** Of the input's tracks of its kind. */
  readonly track: number;
}

/** One track of an original for the transcoder, part by part, in seconds. */
export interface TrackInput extends AsyncDisposable {
  part(start: number, end: number): Promise<InputPart>;
}

/**
 * A small clean file for each part, so that ffmpeg never sees what the user uploaded, and of an original far away only
 * this part is read; but for a container that only ffmpeg reads, which it is given whole.
 */
export async function openTrackInput(
  options: TrackInputOptions,
  { index, source, file }: Pick<Packaged, 'index' | 'source' | 'file'>,
  { video, name }: { readonly video: string; readonly name: string },
  { kind, track }: { readonly kind: 'video' | 'audio'; readonly track: number },
): Promise<TrackInput> {
  if (index.outside) {
    const original = await holdOriginal(options, { video, file }, `${name}-original`);
    const input = { path: original.path, demuxer: index.outside.demuxer as Demuxer };
    const part = async () => ({ input, track, [Symbol.asyncDispose]: async () => undefined });
    return { part, [Symbol.asyncDispose]: () => original[Symbol.asyncDispose]() };
  }
  const found = kind === 'video' ? index.video : index.audio[track];
  return {
    async part(start, end) {
      if (!found) throw new TypeError(`there is no such track of ${kind}`);
      const written = await writeWindowInput(options.work, video, name, source, found, { start, end });
      const { path, demuxer } = written;
      return {
        input: { path, demuxer },
        track: 0,
        [Symbol.asyncDispose]: () => written[Symbol.asyncDispose](),
      };
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** What a task may name: a few plain folders and a file below the server's own. */
const NAMEABLE = /^[\w-][\w.-]*(\/[\w-][\w.-]*){0,5}$/;

/** The original under a path that the transcoder may read, by a second name `name` if need be. */
export async function holdOriginal(
  { storage, folder, work }: TrackInputOptions,
  { video, file }: { readonly video: string; readonly file: string },
  name: string,
) {
  const { path, release } = await storage.hold(originalOf(file));
  const near = relative(folder, path);
  if (NAMEABLE.test(near)) return { path: near, [Symbol.asyncDispose]: async () => release() };
  const copy = await work.make(video, name);
  await rm(copy, { force: true });
  await link(path, copy).catch(() => copyFile(path, copy));
  return {
    path: work.name(video, name),
    async [Symbol.asyncDispose]() {
      release();
      await work.remove(video, name);
    },
  };
}
