import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, it } from 'vitest';
import { hasFfmpeg, makeClip } from '../testing/fixtures.ts';
import { eventually, openRig, type Rig } from '../testing/server.ts';
import { sources } from '../testing/sources.ts';
import { upload } from '../testing/tus-calls.ts';

let rig: Rig;
afterEach(() => rig.close());

const video = (id: string) => rig.client.getVideo({ params: { id } });

describe.skipIf(!hasFfmpeg)('a machine without ffmpeg', () => {
  it('says at once what can be played and what cannot', async () => {
    rig = await openRig({}, { converts: true, ffmpeg: '/nowhere/ffmpeg' });
    const playable = await upload(rig, makeClip({ duration: 2 }));
    const silent = await upload(rig, sources['H.264 and AC-3']());
    const unplayable = [
      await upload(rig, sources['MPEG-2 in a transport stream']()),
      await upload(rig, sources['MPEG-4 and MP3 in AVI'](), 'film.avi'),
    ];
    for (const id of unplayable) {
      const told = await eventually(async () => {
        const now = await video(id);
        return now.failure && now.processing === 'none' ? now : undefined;
      }, 8);
      expect(told).toMatchObject({
        ...{ playable: false, processing: 'none', failure: { code: 'transcoder_unavailable' } },
      });
      await expect(rig.client.playOwn({ params: { id } })).rejects.toMatchObject({ code: 'not_playable' });
    }
    expect(await video(playable)).toMatchObject({ playable: true, failure: null });
    const heard = await eventually(async () => {
      const play = await rig.client.playOwn({ params: { id: silent } });
      return play.pending.length === 0 && play;
    });
    expect(heard.tracks.map(({ kind }) => kind)).toContain('video');
  });
});

describe.skipIf(!hasFfmpeg)('a video of earlier times', () => {
  it('gets what was thought of later', { timeout: 60_000 }, async () => {
    rig = await openRig({}, { converts: true });
    const id = await upload(rig, makeClip({ duration: 2 }));
    const storyboard = async () =>
      eventually(async () => {
        const { items } = await rig.client.listJobs({ params: { id } });
        return items.find(({ kind, state }) => kind === 'storyboard' && state === 'done');
      });
    const before = await storyboard();
    await rig.restart(() => {
      using database = new DatabaseSync(rig.config.databaseUrl.slice('sqlite:'.length));
      database.exec(`delete from jobs where kind = 'storyboard'; update videos set storyboard_version = 0;
        update job_plans set version = 1`);
    });
    expect((await storyboard()).id).not.toBe(before.id);
    const play = await rig.client.playOwn({ params: { id } });
    expect(play.storyboardUrl).not.toBeNull();
  });
});
