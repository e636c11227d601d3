// The program of a media server, as it is shipped: `media <config.json>`. What only a server on a machine of its own
// needs is in a file of its own, which no other reads.
import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { start } from '@ptsdly/media/start';

// Compiled code, made with the bundle: it halves the time to the first answer. Servers may only read it.
const codeCache = fileURLToPath(new URL('./code-cache', import.meta.url));
if (existsSync(codeCache)) enableCompileCache(codeCache);

const words = process.argv.slice(2);

await start(new URL(import.meta.url), words[0] === 'media' ? words[1] : words[0], {
  openTranscoder: async ({ folder, transcoder }, log) => {
    const { openBroker } = await import('@ptsdly/transcoder');
    return openBroker({ scratch: `${folder}/.transcode`, slots: transcoder?.slots, log });
  },
});
