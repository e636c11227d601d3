// The program of a media server, as it is shipped: `media <config.json>`. What only a server on a machine of its own
// needs is in a file of its own, which no other reads.
import { start } from '@ptsdly/media/start';

const words = process.argv.slice(2);

await start(new URL(import.meta.url), words[0] === 'media' ? words[1] : words[0], {
  openTranscoder: async ({ folder, transcoder }, log) => {
    const { openBroker } = await import('@ptsdly/transcoder');
    return openBroker({ scratch: `${folder}/.transcode`, slots: transcoder?.slots, log });
  },
});
