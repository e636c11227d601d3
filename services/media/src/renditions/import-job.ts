import { copyFile, link, open, rm } from 'node:fs/promises';
import { relative } from 'node:path';
import type { Demuxer } from '@ptsdly/contract';
import type { VideoRow } from '../database.ts';
import type { Indexer } from '../indexing/indexer.ts';
import { type JobKind, type JobWork, priorities } from '../jobs/job-kind.ts';
import type { Library } from '../library/library.ts';
import { indexOf, mediaOf, originalOf } from '../library/object-names.ts';
import type { LocalStorage } from '../storage/storage.ts';
import { TranscodeError, type Transcoder } from '../transcoder.ts';
import type { Spool } from '../uploads/spool.ts';
import type { WorkFolder } from './work-folder.ts';

export interface ImportJobOptions {
  readonly library: Library;
  readonly storage: LocalStorage;
  readonly spool: Spool;
  readonly indexer: Indexer;
  readonly work: WorkFolder;
  readonly transcoder: Transcoder;
  /** The server's own folder, which the transcoder sees. */
  readonly folder: string;
  /** Called when a video has become playable, with its index. */
  readonly onPlayable: (row: VideoRow, index: Uint8Array) => void;
}

/**
 * Puts a file whose container only ffmpeg reads (AVI, FLV, ASF, program streams, Ogg) into Matroska, packet by packet,
 * as a second object from which everything is played. The original stays as it is.
 */
export function importJob(options: ImportJobOptions): JobKind {
  return {
    name: 'import',
    priority: priorities.import,
    run: (work) => importFile(options, work),
    gaveUp: async ({ video }, { code, detail }) => options.library.failed(video.id, code, detail),
  };
}

async function importFile(options: ImportJobOptions, job: JobWork): Promise<void> {
  const { library, storage, spool, work, transcoder, onPlayable } = options;
  const { video, signal } = job;
  if (video.media_size !== null) return; // done, but for the last line
  work.requireRoom(video.size_bytes);
  await using original = await reachable(options, video);
  const file = 'import.mkv';
  await transcoder.run(
    {
      ...{ kind: 'remux', priority: 'viewer', output: work.name(video.id, file) },
      input: { path: original.path, demuxer: job.params.demuxer as Demuxer },
    },
    { signal, onProgress: (seconds) => video.duration && job.progress(seconds / video.duration) },
  );
  const path = work.path(video.id, file);
  const answer = await indexFile(options.indexer, path);
  if (!answer.ok || !('index' in answer)) {
    const detail = answer.ok ? '' : answer.detail;
    throw new TranscodeError('input', detail || 'The file holds nothing that can be played.');
  }
  await storage.put(indexOf(video.file_id), spool.save(answer.index));
  await storage.put(mediaOf(video.file_id), path);
  const row = await library.imported(video.id, answer.size, answer);
  if (row) onPlayable(row, answer.index);
}

async function indexFile(indexer: Indexer, path: string) {
  await using file = await open(path, 'r');
  const { size } = await file.stat();
  return { ...(await indexer.index({ fd: file.fd, size })), size };
}

/** The original under a path that the transcoder may read: in the server's folder, by a second name if need be. */
async function reachable({ storage, folder, work }: ImportJobOptions, { id, file_id }: VideoRow) {
  const { path, release } = await storage.hold(originalOf(file_id));
  const near = relative(folder, path);
  if (/^[\w-][\w.-]*(\/[\w-][\w.-]*){0,5}$/.test(near)) {
    return { path: near, [Symbol.asyncDispose]: async () => release() };
  }
  const file = 'import-input';
  const copy = await work.make(id, file);
  await rm(copy, { force: true });
  await link(path, copy).catch(() => copyFile(path, copy));
  return {
    path: work.name(id, file),
    async [Symbol.asyncDispose]() {
      release();
      await work.remove(id, file);
    },
  };
}
