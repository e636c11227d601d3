import { readFile } from 'node:fs/promises';
import { fixtures } from '@ptsdly/packager/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { playThrough } from '../hls.ts';
import { Person } from '../person.ts';
import { type Product, startProduct, topologies } from '../product.ts';
import { createUpload, patch, patchAndCut, resume, sha256, uploadOffset } from '../tus.ts';

/**
 * The product's main job, from sign-up to the friend who can no longer watch, over real HTTP with a real file:
 * the same in one process and with every service as its own.
 */
describe.each(topologies)('the whole journey, %s', (topology) => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({ topology });
  });
  afterAll(() => product?.stop());

  test('from sign-up to the revoked link', async () => {
    const owner = new Person(product.url);
    await owner.signUp();
    const server = await owner.subscribe();
    expect(server).toMatchObject({ state: 'ready', usedBytes: 0 });

    // Upload: three PATCHes, the second cut in the middle.
    const movie = await fixtures['H.264 and AAC, moov at the end']();
    const file = await readFile(movie);
    const upload = await createUpload(owner, server, '우리 여행.mp4', file.length);
    const third = Math.floor(file.length / 3);
    expect((await patch(owner, upload, 0, file.subarray(0, third))).status).toBe(204);
    await patchAndCut(product.url, owner.cookie, upload, third, file.subarray(third), Math.floor(third / 2));
    const offset = await uploadOffset(owner, upload);
    expect(offset).toBeGreaterThanOrEqual(third);
    expect(offset).toBeLessThanOrEqual(third + Math.floor(third / 2));
    const last = await resume(owner, upload, file);
    expect(last.status).toBe(204);
    expect(last.headers.get('upload-offset')).toBe(String(file.length));

    // Playable at once, through HLS from the original.
    const video = await owner.settled(server, upload.videoId);
    expect(video).toMatchObject({
      playable: true,
      failure: null,
      title: '우리 여행',
      sizeBytes: file.length,
    });
    const own = await owner.media(server).playOwn({ params: { id: video.id } });
    await playThrough(new URL(own.hlsUrl, product.url), movie);

    // The identical bytes come back, whole and in ranges.
    const original = `${server.url}/videos/${video.id}/original`;
    const whole = await owner.fetch(original);
    expect(sha256(new Uint8Array(await whole.arrayBuffer()))).toBe(sha256(file));
    const tail = await owner.fetch(original, { headers: { range: 'bytes=-1000' } });
    expect(tail.status).toBe(206);
    expect(sha256(new Uint8Array(await tail.arrayBuffer()))).toBe(sha256(file.subarray(-1000)));
    expect((await owner.media(server).getVideo({ params: { id: video.id } })).sha256).toBe(sha256(file));

    // A friend without an account.
    const link = await owner.links.createLink({ body: { serverId: server.id, videoId: video.id } });
    const friend = new Person(product.url);
    const code = new URL(link.url).pathname;
    const redirect = await friend.fetch(code);
    expect(redirect.status).toBe(302);
    expect(redirect.headers.get('location')).toBe(`/watch${code}`);
    expect((await friend.fetch(`/watch${code}`)).status).toBe(200);
    const opened = await friend.links.openLink({ params: { code: link.code }, body: {} });
    const play = { body: { grant: opened.grant } };
    const shared = await friend.media({ ...server, url: opened.serverUrl }).playGrant(play);
    await playThrough(new URL(shared.hlsUrl, product.url), movie);
    await expect(friend.media(server).playGrant(play)).rejects.toMatchObject({ code: 'grant_invalid' });

    // Revoked: nothing more, whatever the friend does.
    expect(await owner.links.revokeLink({ params: { id: link.id } })).toEqual({ stopped: true });
    expect((await friend.fetch(code)).status).toBe(410);
    await expect(friend.links.openLink({ params: { code: link.code }, body: {} })).rejects.toMatchObject({
      code: 'link_revoked',
    });
    const segment = await friend.fetch(new URL('v0/0.m4s', new URL(shared.hlsUrl, product.url)).pathname);
    expect(segment.status).toBe(410);

    // My page.
    await owner.identity.updateMe({ body: { name: '새 이름' } });
    expect((await owner.identity.me({})).name).toBe('새 이름');
    await owner.identity.signOut({});
    await expect(owner.identity.me({})).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  test('no secret, token or code is in the logs', async () => {
    const log = await product.log();
    expect(log).toContain('/m/:slug');
    expect(log).not.toMatch(/eyJ[\w-]{10,}\./); // a JWT
    expect(log).not.toMatch(/\/m\/[^/:]+\/s\/[^*]/);
    expect(log).not.toMatch(/ptsdly=[^;]{10}/);
  });
});
