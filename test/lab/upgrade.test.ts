import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Server } from '@ptsdly/contract';
import { fixtures } from '@ptsdly/packager/testing';
import { afterAll, expect, test } from 'vitest';
import { startLoad } from '../load.ts';
import { mediaProcesses } from '../media-processes.ts';
import { Person, until } from '../person.ts';
import { type Product, root, startProduct } from '../product.ts';
import { createUpload, patch, resume, sha256 } from '../tus.ts';

const SERVERS = 3;
/** A file beside the bundle makes it another release, and is otherwise nothing. */
const mark = join(root, 'services/media/dist/another-release.mjs');

let product: Product | undefined;
afterAll(async () => {
  await product?.stop();
  await rm(mark, { force: true });
});

interface Subscriber {
  readonly person: Person;
  readonly server: Server;
}

/** Uploads a film again and again in short pieces, as the app does on a fast line; answers how many pieces. */
function uploadInPieces({ person, server }: Subscriber, film: Uint8Array) {
  const piece = Math.ceil(film.length / 20);
  let isOver = false;
  const done = (async () => {
    let pieces = 0;
    while (!isOver) {
      const upload = await createUpload(person, server, 'film.mp4', film.length);
      for (let offset = 0; offset < film.length; offset += piece) {
        const answer = await patch(person, upload, offset, film.subarray(offset, offset + piece));
        expect([answer.status, await answer.text()]).toEqual([204, '']);
        pieces += 1;
      }
      const video = await person.settled(server, upload.videoId);
      expect(video).toMatchObject({ playable: true, sha256: sha256(film) });
    }
    return pieces;
  })();
  done.catch(() => undefined); // it is awaited in the end
  return async () => {
    isOver = true;
    return done;
  };
}

/** One long PATCH on a slow line, which is cut when its server is renewed; the film is whole when it was taken up again. */
async function uploadSlowly({ person, server }: Subscriber, film: Uint8Array) {
  const upload = await createUpload(person, server, 'slow.mp4', film.length);
  const halfway = Math.floor(film.length / 2);
  let sent = 0;
  const body = new ReadableStream({
    async pull(controller) {
      controller.enqueue(film.subarray(sent, sent + 100));
      sent += 100;
      if (sent >= halfway) await new Promise(() => undefined); // the line is lost, and nobody says so
      await sleep(20);
    },
  });
  const headers = {
    ...{ 'tus-resumable': '1.0.0', 'upload-offset': '0' },
    'content-type': 'application/offset+octet-stream',
  };
  const cut = person.fetch(upload.location, { method: 'PATCH', headers, body, duplex: 'half' }).then(
    async (answer) => `${answer.status} ${((await answer.json()) as { code: string }).code}`,
    (error: Error) => String(error.cause ?? error),
  );
  return async () => {
    const how = await cut;
    expect((await resume(person, upload, film)).status).toBe(204);
    expect(await person.settled(server, upload.videoId)).toMatchObject({
      playable: true,
      sha256: sha256(film),
    });
    return how;
  };
}

test('a new release reaches servers that run, one by one, and no request fails', async () => {
  product = await startProduct({ topology: 'every service apart', env: { PTSDLY_RATE_FACTOR: '0' } });
  const { url, data } = product;
  const film = await readFile(await fixtures['H.264 and AAC, moov at the end']());
  const subscribers: Subscriber[] = await Promise.all(
    Array.from({ length: SERVERS }, async () => {
      const person = new Person(url);
      await person.signUp();
      return { person, server: await person.subscribe() };
    }),
  );
  const before = mediaProcesses(data);
  expect(before).toHaveLength(SERVERS);
  const calls = subscribers.map(({ person, server }) => ({
    ...{ path: `${server.url}/videos`, headers: { cookie: person.cookie }, expected: 200 },
  }));
  const load = startLoad(url, calls, SERVERS * 2);
  const quick = subscribers.map((subscriber) => uploadInPieces(subscriber, film));
  const slow = await Promise.all(subscribers.map((subscriber) => uploadSlowly(subscriber, film)));
  await load.more(50);
  await writeFile(mark, 'export {};\n');
  await product.crash('subscriptions'); // servers go on without it, and the next one is of the new release
  const renewed = async () => ((await product?.log()) ?? '').split('renewed a media server').length - 1;
  await until(
    renewed,
    (count) => count === SERVERS,
    (count) => `${count} are renewed`,
    60,
  );
  await load.more(50);
  await load.stop();
  expect(load.failures).toEqual([]);
  const pieces = await Promise.all(quick.map((stop) => stop()));
  const cuts = await Promise.all(slow.map((end) => end()));
  console.log(
    `upgrade: ${load.count} requests, the longest ${Math.round(load.longest)} ms; ${pieces} pieces; cut: ${cuts}`,
  );
  const after = mediaProcesses(data);
  expect(after).toHaveLength(SERVERS);
  expect(after.filter((pid) => before.includes(pid))).toEqual([]);
});
