import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasFfmpeg } from '../testing/fixtures.ts';
import { bundleProgram, openProcessRig, type ProcessRig } from '../testing/process.ts';
import { eventually } from '../testing/server.ts';
import { sources } from '../testing/sources.ts';
import { upload } from '../testing/tus-calls.ts';
import { Viewer } from '../testing/viewer.ts';

let folder: string;
let rig: ProcessRig;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'program-'));
  await bundleProgram(join(folder, 'media.mjs'));
  rig = await openProcessRig(join(folder, 'media.mjs'));
});
afterAll(async () => {
  await rig.close();
  await rm(folder, { recursive: true, force: true });
});

/** Windows that were made of the picture (`v`) or the sound (`c`), by the log of all starts. */
function windows(id: string, kind = 'v'): { from: number; to: number }[] {
  return rig
    .log()
    .split('\n')
    .filter((line) => line.includes('a window is made') && line.includes(`"rendition":"${kind}`))
    .filter((line) => line.includes(id))
    .map((line) => JSON.parse(line) as { from: number; to: number });
}

const jobsOf = async (id: string) => (await rig.client.listJobs({ params: { id } })).items;

describe.skipIf(!hasFfmpeg)('a server that is killed while it converts', () => {
  it('keeps the windows that were finished, and goes on by itself', { timeout: 180_000 }, async () => {
    await rig.start();
    const id = await upload(rig, sources['a minute of MPEG-2']());
    const viewer = new Viewer(rig, await rig.client.playOwn({ params: { id } }));
    const track = viewer.play.tracks.find(({ kind }) => kind === 'video');
    const { segments } = await viewer.listing(track?.id);
    const sounds = (await viewer.listing('c0')).segments;
    await eventually(async () => (await viewer.get(sounds[2] ?? '')).status === 200, 60);
    const first = await eventually(async () => {
      const answer = await viewer.get(segments[0] ?? '');
      return answer.status === 200 && answer.body;
    }, 60);
    const before = windows(id).length;
    await eventually(() => windows(id).length > before, 60);
    await rig.kill();
    await rig.start();
    await eventually(async () => (await jobsOf(id)).every(({ state }) => state === 'done'), 120);
    const made = windows(id);
    const times = segments.map((_, n) => made.filter(({ from, to }) => n >= from && n < to).length);
    expect(times).toEqual(segments.map(() => 1));
    const heard = windows(id, 'c');
    expect(heard.length).toBeGreaterThan(1);
    expect(sounds.map((_, n) => heard.filter(({ from, to }) => n >= from && n < to).length)).toEqual(
      sounds.map(() => 1),
    );
    expect((await viewer.get(sounds.at(-1) ?? '')).status).toBe(200);
    expect((await viewer.get(segments[0] ?? '')).body.subarray(-500)).toEqual(first.subarray(-500));
    expect((await viewer.get(segments.at(-1) ?? '')).status).toBe(200);
    expect((await rig.client.listVideos({ query: {} })).items.map((video) => video.id)).toEqual([id]);
    expect(await readdir(join(rig.folder, 'work', id)).catch(() => [])).toEqual([]);
  });

  it('stops what is canceled, begins again on demand, and leaves nothing of what is deleted', {
    timeout: 120_000,
  }, async () => {
    const id = await upload(rig, sources['a minute of MPEG-2']());
    const job = await eventually(async () => {
      const running = (await jobsOf(id)).find(
        ({ state, kind }) => state === 'running' && kind === 'rendition',
      );
      return running;
    }, 60);
    const params = { id, job: job.id };
    expect(await rig.client.cancelJob({ params })).toMatchObject({ state: 'canceled' });
    await expect(rig.client.cancelJob({ params })).rejects.toMatchObject({ code: 'conflict' });
    const { jobs } = await rig.client.getVideo({ params: { id } });
    expect(jobs.find((one) => one.id === job.id)?.state).toBe('canceled');
    expect((await rig.client.retryJob({ params })).state).toMatch(/running|queued/);
    await eventually(() => windows(id).length > 0, 60);
    await rig.client.deleteVideo({ params: { id } });
    expect(await readdir(join(rig.folder, 'objects', id)).catch(() => [])).toEqual([]);
    expect(await readdir(join(rig.folder, 'work', id)).catch(() => [])).toEqual([]);
  });
});
