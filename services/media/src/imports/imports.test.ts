import { createHash, randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { type ImportOrder, importHeaders, Problem } from '@ptsdly/contract';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { hasFfmpeg, makeClip } from '../testing/fixtures.ts';
import { eventually, openRig, type Rig } from '../testing/server.ts';

const film = randomBytes(3_000_000);
const URL = 'https://films.test/film.mp4';

let rig: Rig;
let orders: ImportOrder[];
beforeEach(async () => {
  rig = await openRig({ quotaBytes: 10_000_000 });
  orders = [];
});
afterEach(() => rig.close());

interface Given {
  readonly from?: number;
  readonly size?: number | null;
  /** Breaks off here. */
  readonly until?: number;
  /** Neither goes on nor ends. */
  readonly open?: boolean;
}

function give(
  response: ServerResponse,
  bytes: Buffer,
  { from = 0, size = bytes.length, until, open }: Given = {},
) {
  response.setHeader(importHeaders.offset, from);
  response.setHeader(importHeaders.name, encodeURIComponent('여름.mp4'));
  response.setHeader(importHeaders.type, 'video%2Fmp4');
  response.setHeader(importHeaders.validator, '%22v1%22');
  if (size !== null) response.setHeader(importHeaders.size, size);
  response.write(bytes.subarray(from, until), () => {
    if (until === undefined) response.end();
    else if (!open) response.destroy();
  });
}

type Answer = (response: ServerResponse, order: ImportOrder) => void;
const answers = (...given: Answer[]) => {
  rig.host.onImport = (order, response) => {
    orders.push(order);
    const next = given.length > 1 ? given.shift() : given[0];
    next?.(response, order);
  };
};
const begin = () => rig.client.importVideo({ body: { url: URL } });
const video = (id: string) => rig.client.getVideo({ params: { id } });
const whole = (id: string, bytes = film) =>
  eventually(async () => (await video(id)).sha256 === createHash('sha256').update(bytes).digest('hex'));
const spool = () => readdir(join(rig.folder, 'spool'));

it('fetches a file, which is a video like every other', async () => {
  answers((to) => give(to, film));
  const made = await begin();
  expect(made).toMatchObject({
    title: '여름',
    fileName: '여름.mp4',
    upload: 'receiving',
    sizeBytes: film.length,
  });
  await whole(made.id);
  expect(orders).toEqual([{ url: URL, from: 0, validator: null, limit: 10_000_000 }]);
  expect((await rig.call('GET', `/videos/${made.id}/original`)).body.equals(film)).toBe(true);
  await eventually(async () => (await spool()).length === 0);
});

it('fetches one whose length nobody tells, and counts what has come', async () => {
  answers((to) => give(to, film, { size: null }));
  const { id } = await begin();
  await whole(id);
  expect(await video(id)).toMatchObject({ sizeBytes: film.length, upload: 'complete' });
  await eventually(() => rig.host.usage.at(-1) === film.length);
});

it('goes on where it broke off, with the validator of the first answer', async () => {
  answers(
    (to) => give(to, film, { until: 1_000_000 }),
    (to, { from }) => give(to, film, { from }),
  );
  const { id } = await begin();
  await whole(id);
  expect(orders[1]).toMatchObject({ from: 1_000_000, validator: '"v1"' });
});

it('begins anew where the other side does', async () => {
  answers(
    (to) => give(to, randomBytes(3_000_000), { until: 1_000_000 }),
    (to) => give(to, film),
  );
  await whole((await begin()).id);
});

it('goes on after a restart', async () => {
  answers(
    (to) => give(to, film, { until: 2_500_000, open: true }),
    (to, { from }) => give(to, film, { from }),
  );
  const { id } = await begin();
  await eventually(async () => (await video(id)).receivedBytes > 0);
  await rig.restart();
  await whole(id);
});

it('is ended by deleting its video', async () => {
  let ended = false;
  answers((to) => {
    to.once('close', () => {
      ended = true;
    });
    give(to, film, { until: 2_500_000, open: true });
  });
  const { id } = await begin();
  await eventually(async () => (await video(id)).receivedBytes > 0);
  await rig.client.deleteVideo({ params: { id } });
  await eventually(() => ended);
  expect(await spool()).toEqual([]);
  expect((await rig.client.listVideos({})).items).toEqual([]);
});

it('leaves nothing of what is refused at once, and says why it ended later', async () => {
  const refusal = new Problem('import_refused', { detail: 'This is a page.' });
  answers((to) => to.writeHead(422, refusal.responseHeaders()).end(JSON.stringify(refusal.toJson())));
  await expect(begin()).rejects.toMatchObject({ code: 'import_refused', detail: 'This is a page.' });
  answers((to) => give(to, film, { size: 11_000_000 }));
  await expect(begin()).rejects.toMatchObject({ code: 'quota_exceeded' });
  expect((await rig.client.listVideos({})).items).toEqual([]);
  answers(
    (to) => give(to, film, { until: 1_000_000 }),
    (to) => give(to, film, { from: 1_000_000, size: 5_000_000 }),
  );
  const { id } = await begin();
  await eventually(async () => (await video(id)).failure?.code === 'import_refused');
});

it('ends where the quota ends, when no length was told', async () => {
  answers((to) => give(to, randomBytes(11_000_000), { size: null }));
  const { id } = await begin();
  await eventually(async () => (await video(id)).failure !== null);
  expect((await video(id)).failure?.code).toBe('body_too_large');
});

it('asks for an address of the web only', async () => {
  await expect(rig.client.importVideo({ body: { url: '' } })).rejects.toMatchObject({
    code: 'invalid_fields',
  });
});

it.skipIf(!hasFfmpeg)('plays while it arrives', async () => {
  const clip = makeClip({ duration: 8, fastStart: true });
  answers((to) => give(to, clip, { until: Math.floor(clip.length * 0.8), open: true }));
  const { id } = await begin();
  await eventually(async () => (await video(id)).playable);
  expect((await rig.client.playOwn({ params: { id } })).playableUntil).toBeGreaterThan(1);
});

it('keeps the server awake until it is done', async () => {
  const idleSeconds = 0.2;
  const other = await openRig({ quotaBytes: 10_000_000, idleSeconds });
  try {
    let waiting: ServerResponse | undefined;
    other.host.onImport = (_, response) => {
      waiting = response;
      give(response, film, { until: 1_000_000, open: true });
    };
    await other.client.importVideo({ body: { url: URL } });
    // as long as a server that may sleep takes to ask, several times over
    await new Promise((resolve) => setTimeout(resolve, idleSeconds * 5000));
    expect(other.host.sleeps).toEqual([]);
    waiting?.end(film.subarray(1_000_000));
    await eventually(() => other.host.sleeps.length > 0);
  } finally {
    await other.close();
  }
});
