import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fixtures } from '@ptsdly/packager/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Person, until } from '../person.ts';
import { type Product, root, startProduct } from '../product.ts';
import { createUpload, patch } from '../tus.ts';

const run = promisify(execFile);
let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product?.stop());

/** The command as an operator runs it beside the product. */
async function operator(...args: string[]): Promise<string> {
  const command = [
    '--disable-warning=ExperimentalWarning',
    join(root, 'ptsdly/src/main.ts'),
    'links',
    ...args,
  ];
  const env = { ...process.env, PTSDLY_DATA: product.data };
  return (await run(process.execPath, command, { env, timeout: 20_000 })).stdout.trim();
}

test('what a stranger reports is taken down by the operator: playing stops, the link is 451, and comes back', async () => {
  const owner = new Person(product.url);
  await owner.signUp();
  const server = await owner.subscribe();
  const file = await readFile((await fixtures['H.264 and AAC, moov at the end']?.()) ?? '');
  const upload = await createUpload(owner, server, 'film.mp4', file.length);
  await patch(owner, upload, 0, file);
  await owner.settled(server, upload.videoId);
  const body = { serverId: server.id, videoId: upload.videoId, alias: '나쁜-영상' };
  const link = await owner.links.createLink({ body });

  const stranger = new Person(product.url);
  const params = { code: '나쁜-영상' };
  const { grant } = await stranger.links.openLink({ params, body: {} });
  const play = await stranger.media(server).playGrant({ body: { grant } });
  expect((await stranger.fetch(play.hlsUrl)).status).toBe(200);
  await stranger.links.reportLink({ params, body: { reason: 'illegal', detail: 'look at 0:01' } });

  const [line = ''] = (await operator('reports')).split('\n');
  expect(JSON.parse(line)).toMatchObject({ code: link.code, reason: 'illegal', title: 'film' });
  expect(await operator('takedown', link.url, 'seen', 'by', 'two')).toBe('takedown: done');
  expect((await stranger.fetch(new URL(link.url).pathname)).status).toBe(451);
  await until(
    async () => (await stranger.fetch(play.hlsUrl)).status,
    (status) => status === 410,
    (status) => `the playlist still answers ${status}`,
    3,
  );
  expect(await operator('reports')).toBe('none');

  await operator('restore', link.code, 'a mistake');
  const again = await stranger.links.openLink({ params, body: {} });
  const session = await stranger.media(server).playGrant({ body: { grant: again.grant } });
  expect((await stranger.fetch(session.hlsUrl)).status).toBe(200);
  const entries = (await operator('audit')).split('\n').map((text) => JSON.parse(text) as object);
  expect(entries).toMatchObject([
    { action: 'restore', note: 'a mistake' },
    { action: 'takedown', note: 'seen by two' },
  ]);
  await expect(operator('takedown', 'AAAAAAAAAAAA', 'why')).rejects.toMatchObject({ code: 1 });
  expect(await product.log()).not.toContain(link.code);
});
