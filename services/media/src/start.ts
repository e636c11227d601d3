import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { INDEX_WORKER } from './indexing/indexer.ts';
import type { Surroundings } from './program.ts';

/**
 * What the file at `self` becomes: `media <config.json>`, `media purge`, or the thread that the same file is started
 * as to index untrusted files. It loads only what that takes. `word` is the argument.
 */
export async function start(self: URL, word: string | undefined, surroundings?: Surroundings): Promise<void> {
  if (isMainThread) {
    const { purge, run } = await import('./program.ts');
    await (word === 'purge' ? purge() : run(word, self, surroundings)).then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`media: ${error instanceof Error ? error.message : String(error)}\n`);
        process.exit(1);
      },
    );
  } else if (workerData === INDEX_WORKER && parentPort) {
    const { serveIndexRequests } = await import('./indexing/index-worker.ts');
    serveIndexRequests(parentPort);
  }
}
