import { open } from 'node:fs/promises';
import type { Demuxer } from '@ptsdly/contract';
import { displaySize, encodeIndex } from '@ptsdly/packager';
import type { VideoRow } from '../database.ts';
import type { Indexer } from '../indexing/indexer.ts';
import { type JobKind, type JobWork, priorities } from '../jobs/job-kind.ts';
import { outcomeOf } from '../jobs/job-outcome.ts';
import type { Library } from '../library/library.ts';
import { indexOf, mediaOf } from '../library/object-names.ts';
import { TranscodeError, type Transcoder } from '../transcoder.ts';
import type { Spool } from '../uploads/spool.ts';
import { isMissing } from './essential.ts';
import { indexOutside } from './outside.ts';
import { holdOriginal, type TrackInputOptions } from './track-input.ts';

export interface ImportJobOptions extends TrackInputOptions {
  readonly library: Library;
  readonly spool: Spool;
  readonly indexer: Indexer;
  readonly transcoder: Transcoder;
  /** Called when a video has become playable, with its index. */
  readonly onPlayable: (row: VideoRow, index: Uint8Array) => void;
}

/**
 * Makes a file playable whose container only ffmpeg reads (AVI, FLV, ASF, program streams, Ogg). It is put into Matroska,
 * packet by packet, as a second object from which everything is played. Where its packets have no place in Matroska, or
 * with `decode` where they turned out to be of no use there, it gets an index of times, and renditions are decoded from
 * the original itself (ADR 20). The original stays as it is.
 */
export function importJob(options: ImportJobOptions): JobKind {
  return {
    name: 'import',
    priority: priorities.import,
    run: (work) =>
      importFile(options, work).catch(async (error: unknown) => {
        const { code, detail } = outcomeOf(error, 1);
        if (isMissing(error)) await options.library.failed(work.video.id, code, detail);
        throw error;
      }),
    gaveUp: async ({ video }, { code, detail }) => options.library.failed(video.id, code, detail),
  };
}

async function importFile(options: ImportJobOptions, job: JobWork): Promise<void> {
  const { video, params } = job;
  const isDecoded = params.decode === 1;
  if (video.playable && video.media_size !== null && !isDecoded) return; // done, but for the last line
  await using original = await holdOriginal(
    options,
    { video: video.id, file: video.file_id },
    'import-input',
  );
  const file = { path: original.path, demuxer: params.demuxer as Demuxer, size: video.size_bytes };
  const isOutside =
    isDecoded ||
    (await remux(options, job, file).then(
      () => false,
      (error: unknown) => {
        if (error instanceof TranscodeError && error.reason === 'input') return true;
        throw error;
      },
    ));
  if (isOutside) await decode(options, job, file);
}

type File = Parameters<typeof indexOutside>[1];

async function remux(options: ImportJobOptions, job: JobWork, { path, demuxer }: File): Promise<void> {
  const { library, storage, spool, work, transcoder, indexer, onPlayable } = options;
  const { video, signal } = job;
  work.requireRoom(video.size_bytes);
  const name = 'import.mkv';
  await transcoder.run(
    { kind: 'remux', priority: 'viewer', input: { path, demuxer }, output: work.name(video.id, name) },
    { signal, onProgress: (seconds) => video.duration && job.progress(seconds / video.duration) },
  );
  const made = work.path(video.id, name);
  const answer = await indexFile(indexer, made);
  if (!answer.ok || !('index' in answer)) {
    await work.remove(video.id, name);
    const detail = answer.ok ? '' : answer.detail;
    throw new TranscodeError('input', detail || 'The file holds nothing that can be played.');
  }
  await storage.put(indexOf(video.file_id), spool.save(answer.index));
  await storage.put(mediaOf(video.file_id), made);
  const row = await library.imported(video.id, answer.size, answer);
  if (row) onPlayable(row, answer.index);
}

async function decode(options: ImportJobOptions, { video, signal }: JobWork, file: File): Promise<void> {
  const { library, storage, spool, work, transcoder, onPlayable } = options;
  const trial = 'import-trial.mp4';
  await work.make(video.id, trial);
  const index = await indexOutside(transcoder, file, work.name(video.id, trial), signal);
  await work.remove(video.id, trial);
  const encoded = encodeIndex(index);
  await storage.put(indexOf(video.file_id), spool.save(encoded));
  const row = await library.imported(video.id, null, { ...displaySize(index), duration: index.duration });
  await storage.remove(mediaOf(video.file_id));
  if (row) onPlayable(row, encoded);
}

async function indexFile(indexer: Indexer, path: string) {
  await using file = await open(path, 'r');
  const { size } = await file.stat();
  return { ...(await indexer.index({ fd: file.fd, size })), size };
}
