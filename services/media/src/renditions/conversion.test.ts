import type { PlayAnswer } from '@ptsdly/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasFfmpeg, probeFrames, probeStreams } from '../testing/fixtures.ts';
import { eventually, openRig, type Rig } from '../testing/server.ts';
import { sources } from '../testing/sources.ts';
import { upload } from '../testing/tus-calls.ts';
import { Viewer } from '../testing/viewer.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig({}, { converts: true });
});
afterAll(() => rig.close());

async function play(id: string): Promise<Viewer> {
  return new Viewer(rig, await rig.client.playOwn({ params: { id } }));
}

/** The jobs of a video once none of them waits or runs. */
const settled = (id: string) =>
  eventually(async () => {
    const { items } = await rig.client.listJobs({ params: { id } });
    const pending = items.some(({ state }) => state === 'queued' || state === 'running');
    return items.length > 0 && !pending && items;
  }, 60);

/** The size that was made, as a file of its own: picture and sound of the whole length, and any range of it. */
async function expectDownload({ downloads, duration }: PlayAnswer): Promise<void> {
  const [{ url } = { url: '' }] = downloads;
  const whole = await rig.call('GET', url, { open: true });
  expect(whole.headers['content-disposition']).toMatch(/attachment.*\(\d+p\)\.mp4/);
  expect(whole.body.length).toBe(Number(whole.headers['content-length']));
  const streams = probeStreams(whole.body);
  expect(streams.map(({ codec }) => codec).sort()).toEqual(['aac', 'h264']);
  for (const stream of streams) expect(Math.abs(stream.seconds - duration)).toBeLessThan(0.3);
  const [from, to] = [100, whole.body.length - 50];
  const part = await rig.call('GET', url, { open: true, headers: { range: `bytes=${from}-${to - 1}` } });
  expect(part.status).toBe(206);
  expect(part.body.equals(whole.body.subarray(from, to))).toBe(true);
  const missing = await rig.call('GET', url.replace(/v\d+$/, 'v9999'), { open: true });
  expect(missing.problem().code).toBe('not_found');
}

const heard = ({ play: { tracks } }: Viewer) => tracks.filter(({ kind }) => kind === 'audio');
const seen = ({ tracks }: PlayAnswer) => tracks.filter(({ kind }) => kind === 'video');

describe.skipIf(!hasFfmpeg)('sound that browsers do not take', () => {
  it.each(['H.264 and AC-3', 'H.264 and PCM', 'H.264 and MP3'] as const)(
    '%s: the picture plays at once, the sound when it is made',
    { timeout: 90_000 },
    async (name) => {
      const id = await upload(rig, sources[name]());
      const silent = await play(id);
      expect(seen(silent.play)).toMatchObject([{ id: 'v0', isOriginal: true, isReady: true }]);
      if (heard(silent).length === 0) expect(silent.play.pending).toEqual(['audio']);
      expect((await silent.get('v0/0.m4s')).status).toBe(200);
      const jobs = await settled(id);
      const of = (wanted: string) => jobs.filter(({ kind }) => kind === wanted).map(({ state }) => state);
      expect([of('audio'), of('loudness'), of('rendition')]).toEqual([['done'], ['done'], []]);
      const viewer = await play(id);
      expect(viewer.play.pending).toEqual([]);
      expect(heard(viewer)).toMatchObject([{ id: 'c0', codec: 'mp4a.40.2', isOriginal: false }]);
      expect(viewer.play.loudness?.integrated).toBeLessThan(0);
      const master = await viewer.get('master.m3u8');
      expect(master.body.toString()).toContain('URI="c0.m3u8"');
      const { segments, ended } = await viewer.listing('c0');
      expect(ended).toBe(true);
      expect(segments.length).toBe((await viewer.listing('v0')).segments.length);
      const init = (await viewer.get('c0/init.mp4')).body;
      for (const segment of segments) expect((await viewer.get(segment)).body.length).toBeGreaterThan(1000);
      expect(init.length).toBeGreaterThan(300);
      expect(master.body.includes('dolby')).toBe(name === 'H.264 and AC-3');
    },
  );
});

describe.skipIf(!hasFfmpeg)('pictures that no browser plays', () => {
  it('plays window by window while it is made, and is the same when it is joined', {
    timeout: 120_000,
  }, async () => {
    const id = await upload(rig, sources['MPEG-2 in a transport stream']());
    const viewer = await play(id);
    const [track] = seen(viewer.play);
    expect(track).toMatchObject({ isOriginal: false });
    const { segments, lines } = await viewer.listing(track?.id);
    const init = await eventually(async () => {
      const answer = await viewer.get(`${track?.id}/init.mp4`);
      return answer.status === 200 && answer.body;
    });
    const before: Buffer[] = [];
    for (const segment of segments) {
      const answer = await eventually(async () => {
        const got = await viewer.get(segment);
        return got.status === 200 && got;
      });
      before.push(answer.body);
    }
    const starts = lines
      .filter((line) => line.startsWith('#EXTINF'))
      .map((line) => Number(line.slice(8, -1)));
    let at = 0;
    // ffprobe takes composition offsets below zero for a delay of all, the same in each segment
    const delay = probeFrames(Buffer.concat([init, before[0] ?? init])).firstAt;
    for (const [i, segment] of before.entries()) {
      const { firstIsKey, firstAt, frames } = probeFrames(Buffer.concat([init, segment]));
      expect(firstIsKey).toBe(true);
      expect(Math.abs(firstAt - delay - at)).toBeLessThan(0.002);
      expect(frames).toBe(Math.round((starts[i] ?? 0) * 25));
      at += starts[i] ?? 0;
    }
    await settled(id);
    const next = await play(id);
    expect(seen(next.play)).toMatchObject([{ id: track?.id, isReady: true }]);
    expect(next.play.pending).toEqual([]);
    for (const [i, segment] of segments.entries()) {
      const after = (await viewer.get(segment)).body;
      expect(after.subarray(-500).equals(before[i]?.subarray(-500) ?? Buffer.alloc(0))).toBe(true);
      expect(after.length).toBe(before[i]?.length);
    }
  });

  it.each([
    ['MPEG-4 and MP3 in AVI', 320, 180],
    ['Theora and Vorbis in Ogg', 320, 180],
    ['HEVC, 10 bits, PQ', 320, 180],
    ['a turned picture with wide pixels, MPEG-4', 180, 426],
  ] as const)('%s is made into what all play', { timeout: 120_000 }, async (name, width, height) => {
    const bytes = sources[name]();
    const id = await upload(rig, bytes, 'film.avi');
    const jobs = await settled(id);
    expect(jobs.filter(({ state }) => state !== 'done')).toEqual([]);
    const viewer = await play(id);
    const made = seen(viewer.play).find(({ isOriginal }) => !isOriginal);
    expect(made).toMatchObject({ width, height, isReady: true });
    expect(viewer.play.pending).toEqual([]);
    expect(heard(viewer).length).toBe(1);
    const { segments } = await viewer.listing(made?.id);
    const init = (await viewer.get(`${made?.id}/init.mp4`)).body;
    for (const segment of segments) {
      const probe = probeFrames(Buffer.concat([init, (await viewer.get(segment)).body]));
      expect(probe.firstIsKey).toBe(true);
    }
    const original = await rig.call('GET', `/videos/${id}/original`);
    expect(original.body.equals(bytes)).toBe(true);
    await expectDownload(viewer.play);
  });

  it('sound alone waits for its conversion, and then plays', { timeout: 60_000 }, async () => {
    const id = await upload(rig, sources['MP3 alone'](), 'song.mp3');
    await settled(id);
    const viewer = await play(id);
    expect(viewer.play.tracks).toMatchObject([{ kind: 'audio', codec: 'mp4a.40.2' }]);
    const master = (await viewer.get('master.m3u8')).body.toString();
    expect(master).toContain('c0.m3u8');
  });

  it('what is no video at all says so, as ever', async () => {
    const id = await upload(rig, Buffer.from('#EXTM3U\nhttp://example.test/secret.mp4\n'), 'list.avi');
    const video = await eventually(async () => {
      const found = await rig.client.getVideo({ params: { id } });
      return found.failure && found;
    });
    expect(video).toMatchObject({ playable: false, processing: 'none', failure: { code: 'not_media' } });
    const broken = await upload(rig, Buffer.from('RIFF....AVI LIST and then nothing of use'), 'broken.avi');
    const jobs = await settled(broken);
    expect(jobs).toMatchObject([{ kind: 'import', state: 'failed', failure: { code: 'cannot_decode' } }]);
    expect(await rig.client.getVideo({ params: { id: broken } })).toMatchObject({
      playable: false,
      failure: { code: 'cannot_decode' },
    });
  });
});
