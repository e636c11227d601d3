import type { Video } from '@ptsdly/contract';
import { libraryEndpoints } from '../../api/library.ts';
import type { Store } from '../../store/store.ts';

interface Question {
  readonly store: Store;
  readonly serverUrl: string;
  readonly file: File;
  readonly signal: AbortSignal;
  /** The hash is being computed: how much of it is done, 0 to 1. */
  readonly onProgress: (part: number) => void;
}

type Same = { sameSize: number; video: Video | null };

/**
 * The video that has exactly these bytes already; null where there is none, or nobody can tell. A file of a size that
 * the server has not is not read at all.
 */
export async function findSameFile({
  store,
  serverUrl,
  file,
  signal,
  onProgress,
}: Question): Promise<Video | null> {
  const ask = async (sha256?: string): Promise<Same | undefined> => {
    const question = { serverUrl, sizeBytes: file.size, ...(sha256 && { sha256 }) };
    const asked = store.dispatch(libraryEndpoints.sameFile.initiate(question));
    const { data } = await asked;
    asked.reset();
    return data;
  };
  const first = await ask();
  if (!first?.sameSize || signal.aborted) return null;
  const sha256 = await hashOf(file, signal, onProgress);
  return (sha256 !== null && (await ask(sha256))?.video) || null;
}

/** Null where it was broken off, or the file cannot be read. */
function hashOf(file: File, signal: AbortSignal, onProgress: (part: number) => void): Promise<string | null> {
  return new Promise((resolve) => {
    const worker = new Worker(new URL('./hashWorker.ts', import.meta.url), { type: 'module' });
    const end = (hash: string | null) => {
      worker.terminate();
      resolve(hash);
    };
    worker.addEventListener('message', ({ data }: MessageEvent<number | string>) => {
      if (typeof data === 'number') onProgress(data);
      else end(data);
    });
    worker.addEventListener('error', () => end(null));
    signal.addEventListener('abort', () => end(null), { once: true });
    worker.postMessage(file);
  });
}
