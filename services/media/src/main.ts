import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { INDEX_WORKER } from './indexing/indexer.ts';

/**
 * `node media.mjs <config.json>`, `node media.mjs purge`, and the thread that the same file becomes to index untrusted files: it loads
 * only what that takes.
 */
if (isMainThread) {
  const { purge, run } = await import('./program.ts');
  const [, , word] = process.argv;
  await (word === 'purge' ? purge() : run(word, new URL(import.meta.url))).then(
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
