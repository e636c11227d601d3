import { readFile } from 'node:fs/promises';
import { fixtures } from '@ptsdly/packager/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { playThrough } from '../hls.ts';
import { Person, until } from '../person.ts';
import { type Product, startProduct, topologies } from '../product.ts';
import { createUpload, patch } from '../tus.ts';

/** The last box of a file whose movie header stands at its end. */
function movieHeader(file: Buffer): Buffer {
  let at = 0;
  while (file.toString('latin1', at + 4, at + 8) !== 'moov') at += file.readUInt32BE(at);
  return file.subarray(at, at + file.readUInt32BE(at));
}

describe.each(topologies)('a link to a video that still uploads, %s', (topology) => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({ topology });
  });
  afterAll(() => product?.stop());

  test('is made before the first byte, plays what has come, and to the end; revoked, it stops at once', async () => {
    const owner = new Person(product.url);
    await owner.signUp();
    const server = await owner.subscribe();
    const movie = await fixtures['H.264 and AAC, moov at the end']();
    const file = await readFile(movie);
    const half = Math.floor(file.length / 2);
    const upload = await createUpload(owner, server, 'camera.mp4', file.length);
    const { id: videoId } = await owner.media(server).getVideo({ params: { id: upload.videoId } });
    const link = await owner.links.createLink({ body: { serverId: server.id, videoId } });
    const friend = new Person(product.url);
    const open = async (code: string) => {
      const { grant, serverUrl } = await friend.links.openLink({ params: { code }, body: {} });
      return friend.media({ ...server, url: serverUrl }).playGrant({ body: { grant } });
    };
    await expect(open(link.code)).rejects.toMatchObject({ code: 'not_playable_yet', retryAfter: 1 });

    const body = movieHeader(file) as Uint8Array<ArrayBuffer>;
    const sent = await owner.fetch(`${upload.location}/moov`, { method: 'PUT', body });
    expect(sent.status).toBe(204);
    await expect(open(link.code)).rejects.toMatchObject({ code: 'not_playable_yet' });
    expect((await patch(owner, upload, 0, file.subarray(0, half))).status).toBe(204);
    const arriving = await owner.media(server).getVideo({ params: { id: videoId } });
    expect(arriving).toMatchObject({ upload: 'receiving', playable: true });
    const play = await open(link.code);
    expect(play.playableUntil).toBeCloseTo(arriving.playableUntil ?? 0);
    const piece = (name: string) => friend.fetch(play.hlsUrl.replace('master.m3u8', name));
    expect(await (await piece('v0.m3u8')).text()).not.toContain('#EXT-X-ENDLIST');
    expect((await piece('v0/0.m4s')).status).toBe(200);
    expect((await piece('v0/3.m4s')).status).toBe(404);

    // Another link to it is revoked while the bytes come.
    const second = await owner.links.createLink({ body: { serverId: server.id, videoId } });
    const doomed = await open(second.code);
    expect(await owner.links.revokeLink({ params: { id: second.id } })).toEqual({ stopped: true });
    expect((await friend.fetch(doomed.hlsUrl.replace('master.m3u8', 'v0/0.m4s'))).status).toBe(410);

    expect((await patch(owner, upload, half, file.subarray(half))).status).toBe(204);
    await playThrough(new URL(play.hlsUrl, product.url), movie);
    await owner.settled(server, videoId);
    await playThrough(new URL(play.hlsUrl, product.url), movie);
    const { url } = link;
    const card = await until(
      async () => (await friend.fetch(`/watch${new URL(url).pathname}`)).text(),
      (html) => html.includes('camera'),
      () => 'the page has no title',
    );
    expect(card).toContain('og:title');
  });
});
