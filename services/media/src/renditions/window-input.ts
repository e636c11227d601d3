import { open } from 'node:fs/promises';
import type { Demuxer } from '@ptsdly/contract';
import { type AudioTrack, type VideoTrack, windowFile } from '@ptsdly/packager';
import type { OriginalSource } from '../playback/packaged.ts';
import type { WorkFolder } from './work-folder.ts';

/** A file for the transcoder, removed when it is disposed of. */
export interface WindowInput extends AsyncDisposable {
  /** Relative to the server's folder. */
  readonly path: string;
  readonly demuxer: Demuxer;
}

/**
 * Writes a small clean file of a part of one track, from `start` to `end` in seconds, so that ffmpeg never sees what
 * the user uploaded, and of an original far away only this part is read. Rejects with `no_space`.
 */
export async function writeWindowInput(
  work: WorkFolder,
  video: string,
  name: string,
  source: OriginalSource,
  track: VideoTrack | AudioTrack,
  span: { readonly start: number; readonly end: number },
): Promise<WindowInput> {
  const window = windowFile(track, span);
  work.requireRoom(window.mediaBytes);
  const fileName = `${name}-input`;
  const path = await work.make(video, fileName);
  const input: WindowInput = {
    path: work.name(video, fileName),
    demuxer: window.demuxer,
    [Symbol.asyncDispose]: () => work.remove(video, fileName),
  };
  await using file = await open(path, 'w', 0o600);
  try {
    for await (const chunk of window.chunks(source)) await file.writeFile(chunk);
  } catch (error) {
    await input[Symbol.asyncDispose]();
    throw error;
  }
  return input;
}
