import { createClient, libraryApi, mediaApi } from '@ptsdly/contract';
import { reach } from '@ptsdly/kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasFfmpeg, makeClip } from '../testing/fixtures.ts';
import { BASE, eventually, openRig, type Rig } from '../testing/server.ts';
import { announce, upload } from '../testing/tus-calls.ts';
import { openViewer, redeem } from '../testing/viewer.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig.close());

function library() {
  const { fetch, baseUrl } = reach(`unix:${rig.socketPath}`);
  const headers = async () => ({ authorization: `Bearer ${await rig.host.token()}` });
  return createClient({ ...libraryApi, ...mediaApi }, { fetch, baseUrl: baseUrl + BASE, headers });
}

const json = { 'content-type': 'application/json' };

describe.runIf(hasFfmpeg)('a video in the trash', () => {
  it('plays for nobody at once, and for everybody again when it is back', async () => {
    const id = await upload(rig, makeClip({ duration: 3 }));
    await eventually(async () => (await rig.client.getVideo({ params: { id } })).playable);
    const viewer = await openViewer(rig, await rig.host.grant({ videoId: id }));
    const grant = await rig.host.grant({ videoId: id });
    expect((await viewer.get('v0/0.m4s')).status).toBe(200);
    const events = await rig.open('GET', viewer.url('events'), { open: true });
    let heard = '';
    events.on('data', (chunk: Buffer) => {
      heard += chunk;
    });

    const { results } = await library().bulk({ body: { ids: [id, 'nobody'], action: { do: 'trash' } } });
    expect(results.map(({ problem }) => problem?.code)).toEqual([undefined, 'not_found']);
    await eventually(() => heard.includes('"reason":"trashed"'));
    await eventually(() => rig.host.cards.get(id)?.trashed === true); // so its links take no view
    expect((await viewer.get('v0/0.m4s')).problem().code).toBe('video_trashed');
    expect((await redeem(rig, grant)).problem().code).toBe('video_trashed');
    await expect(rig.client.playOwn({ params: { id } })).rejects.toMatchObject({ code: 'video_trashed' });

    await rig.restart(); // what lies there is known after a start too
    expect((await viewer.get('v0/0.m4s')).problem().code).toBe('video_trashed');
    await library().bulk({ body: { ids: [id], action: { do: 'restore' } } });
    expect((await viewer.get('v0/0.m4s')).status).toBe(200);
    await eventually(() => rig.host.cards.get(id)?.trashed === false);
    expect((await redeem(rig, grant)).status).toBe(200); // the refused grant was not used up
  });
});

describe('the trash', () => {
  it('counts until it is emptied, which deletes for good', async () => {
    const client = library();
    const before = await client.librarySummary({});
    const id = await upload(rig, Buffer.alloc(5000));
    await client.bulk({ body: { ids: [id], action: { do: 'trash' } } });
    const during = await client.librarySummary({});
    expect(during.usedBytes).toBe(before.usedBytes + 5000);
    expect(during.trash).toEqual({ count: 1, bytes: 5000 });
    expect((await client.listVideos({ query: { trashed: 'true' } })).items[0]?.trashedAt).toMatch(/^20/);
    expect(await client.emptyTrash({})).toEqual({ deleted: 1 });
    expect((await client.librarySummary({})).usedBytes).toBe(before.usedBytes);
    await expect(client.getVideo({ params: { id } })).rejects.toMatchObject({ code: 'not_found' });
    await eventually(() => rig.host.deleted.includes(id));
  });
});

describe('the calls of the library', () => {
  it('know a file that is here already, by size and then by hash', async () => {
    const bytes = Buffer.from(`one of a kind ${Math.random()}`);
    const id = await upload(rig, bytes);
    const { sha256 } = await eventually(async () => {
      const video = await rig.client.getVideo({ params: { id } });
      return video.sha256 !== null && video;
    });
    const same = (body: { sizeBytes: number; sha256?: string }) => library().sameFile({ body });
    expect(await same({ sizeBytes: bytes.length })).toEqual({ sameSize: 1, video: null });
    expect((await same({ sizeBytes: bytes.length, sha256: sha256 ?? '' })).video?.id).toBe(id);
    expect(await same({ sizeBytes: bytes.length, sha256: 'a'.repeat(64) })).toEqual({
      sameSize: 1,
      video: null,
    });
    expect((await same({ sizeBytes: bytes.length + 1 })).sameSize).toBe(0);
  });

  it('put uploads into folders, and tell of everything in a manifest', async () => {
    const client = library();
    const { folderIds } = await client.ensureFolders({
      body: { paths: [['여행', '제주'], ['여행'], ['여행', '제주']] },
    });
    expect(folderIds[0]).toBe(folderIds[2]);
    const id = await upload(rig, Buffer.from('film'));
    await client.updateVideo({ params: { id }, body: { folderId: folderIds[0] ?? null, favorite: true } });
    await client.putChapters({
      params: { id },
      body: {
        items: [
          { startAt: 60, title: 'b' },
          { startAt: 0, title: 'a' },
        ],
      },
    });
    const entry = (await client.manifest({})).items.find((one) => one.id === id);
    expect(entry).toMatchObject({
      path: ['여행', '제주'],
      favorite: true,
      originalUrl: `${BASE}/videos/${id}/original`,
    });
    expect(entry?.chapters.map(({ title }) => title)).toEqual(['a', 'b']);
    expect((await client.listVideos({ query: { folder: folderIds[0] ?? '' } })).total).toBe(1);
    const gone = await client.deleteFolder({ params: { id: folderIds[1] ?? '' } });
    expect(gone.videoIds).toEqual([id]);
    expect((await client.listFolders({})).items).toEqual([]);
    await client.restoreFolder({ params: { id: folderIds[1] ?? '' } });
    expect((await client.getVideo({ params: { id } })).folderId).toBe(folderIds[0]);
  });

  it('take subtitles as files and give them as WebVTT', async () => {
    const id = await announce(rig, 10);
    const srt = '1\n00:00:01,000 --> 00:00:02,000\n안녕\n';
    const added = await rig.call('POST', `/videos/${id}/subtitles?name=film.ko.srt&label=x`, { body: srt });
    expect(added.status).toBe(201);
    const subtitle = JSON.parse(added.body.toString()) as { id: string; url: string; language: string };
    expect(subtitle).toMatchObject({ language: 'ko', label: 'x', format: 'srt', cues: 1 });
    const vtt = await rig.call('GET', subtitle.url);
    expect(vtt.headers['content-type']).toBe('text/vtt; charset=utf-8');
    expect(vtt.body.toString()).toContain('안녕');
    expect((await rig.call('GET', subtitle.url, { open: true })).status).toBe(401);
    expect((await rig.call('POST', `/videos/${id}/subtitles`, { body: 'x' })).problem().code).toBe(
      'subtitles_unreadable',
    );
    expect((await rig.call('POST', `/videos/nobody/subtitles`, { body: srt })).problem().code).toBe(
      'not_found',
    );
    const big = await rig.call('POST', `/videos/${id}/subtitles`, { body: Buffer.alloc(3_000_000, 'a') });
    expect(big.problem().code).toBe('body_too_large');
    const params = { id, subtitleId: subtitle.id };
    expect(await library().updateSubtitle({ params, body: { language: 'en' } })).toMatchObject({
      language: 'en',
      label: 'x',
    });
    await library().deleteSubtitle({ params });
    expect((await rig.call('GET', subtitle.url)).status).toBe(404);
  });

  it.each([
    ['POST', '/folders', { name: 'a/b' }],
    ['POST', '/folders', { name: '..' }],
    ['POST', '/folders', { name: ' \u202e ' }],
    ['POST', '/videos/bulk', { ids: [], action: { do: 'trash' } }],
    ['POST', '/videos/bulk', { ids: ['a'], action: { do: 'sell' } }],
    ['POST', '/videos/same', { sizeBytes: -1 }],
    ['GET', '/videos?sort=colour', undefined],
    ['GET', '/videos?offset=-1', undefined],
  ])('refuse %s %s %j', async (method, path, body) => {
    const answer = await rig.call(method, path, {
      headers: json,
      ...(body && { body: JSON.stringify(body) }),
    });
    expect(answer.problem().code).toBe('invalid_fields');
  });
});
