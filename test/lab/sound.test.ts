import { readFile } from 'node:fs/promises';
import { fixture } from '@ptsdly/packager/testing';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { gainFor } from '../../web/src/features/player/loudness.ts';
import { chromiumPath } from '../browser/chromium.ts';
import { openScreening, watch } from '../browser/screening.ts';
import { addFilm } from '../browser/shared-video.ts';
import { until } from '../person.ts';

/** What is heard and how it stands, in a real browser. */

const patience = { timeout: 20_000 };
const screening = openScreening({ seconds: 40 });

const picture = (seconds: number, group: number) => [
  ...['-f', 'lavfi', '-i', `testsrc2=s=320x180:r=25:d=${seconds}`],
  ...['-f', 'lavfi', '-i', `sine=440:r=48000:d=${seconds}`],
  ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', `${group}`],
];

/** Lets a test hear what goes to the speakers: the root mean square of a moment. */
async function listen(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const connect = AudioNode.prototype.connect as (this: AudioNode, target: AudioNode) => AudioNode;
    const tapped = function (this: AudioNode, target: AudioNode): AudioNode {
      if (target instanceof AudioDestinationNode) {
        const tap = target.context.createAnalyser();
        tap.fftSize = 8192;
        connect.call(this, tap);
        (globalThis as unknown as { heard: () => number }).heard = () => {
          const samples = new Float32Array(tap.fftSize);
          tap.getFloatTimeDomainData(samples);
          return Math.sqrt(samples.reduce((sum, value) => sum + value ** 2, 0) / samples.length);
        };
      }
      return connect.call(this, target);
    };
    AudioNode.prototype.connect = tapped as typeof AudioNode.prototype.connect;
  });
}

describe.runIf(chromiumPath)('in Chromium', () => {
  test('normalised sound is as loud as it should be', { timeout: 90_000 }, async () => {
    const { person, server, id } = screening.video;
    const { loudness } = await until(
      () => person.media(server).playOwn({ params: { id } }),
      (play) => play.loudness !== null,
      () => 'it was not measured',
    );
    const gain = gainFor(loudness ?? { integrated: 0, peak: 0 });
    expect(gain).toBeGreaterThan(1.2);
    const { page, player, close } = await watch(screening, { prepare: listen });
    const choose = async (option: 'on' | 'off') => {
      await page.mouse.move(600, 300);
      await page.getByTestId('player-settings').click();
      await page.getByTestId('setting-loudness').click();
      await page.getByTestId(`loudness-${option}`).click();
    };
    await player.evaluate((element: HTMLVideoElement) => {
      element.loop = true;
      element.muted = false;
    });
    const heard = () =>
      page.evaluate(() => (globalThis as unknown as { heard?: () => number }).heard?.() ?? 0);
    // a sine of a peak of 1/8, which is 1/8/√2 on average
    const plain = 0.125 / Math.SQRT2;
    await choose('on');
    await expect.poll(async () => Math.abs((await heard()) / plain / gain - 1), patience).toBeLessThan(0.05);
    await choose('off');
    await expect.poll(async () => Math.abs((await heard()) / plain - 1), patience).toBeLessThan(0.05);
    await close();
  });

  test('converted sound is heard and Dolby never asked for; a turned picture stands upright', {
    timeout: 90_000,
  }, async () => {
    const flat = await fixture('dolby.mp4', [...picture(6, 25), '-c:a', 'eac3']);
    const turned = await fixture('dolby-turned.mp4', [
      ...['-i', flat, '-c', 'copy', '-metadata:s:v', 'rotate=90'],
    ]);
    const { person, server } = screening.video;
    const shared = await addFilm({ person, server }, await readFile(turned));
    await until(
      () => person.media(server).playOwn({ params: { id: shared.id } }),
      ({ tracks, pending }) => pending.length === 0 && tracks.some(({ kind }) => kind === 'audio'),
      () => 'the sound was not converted',
    );
    const asked: string[] = [];
    const { player, reaches, close } = await watch(screening, {
      url: shared.url,
      prepare: async (page) => {
        page.on('request', (request) => asked.push(request.url().replace(/^.*\/s\/[^/]+\//, '')));
      },
    });
    await reaches(2);
    expect(asked).toEqual(expect.arrayContaining(['master.m3u8', 'c0.m3u8', 'c0/0.m4s', 'v0/0.m4s']));
    expect(asked.filter((piece) => /^d\d/.test(piece))).toEqual([]);
    const seen = await player.evaluate((element: HTMLVideoElement) => ({
      size: [element.videoWidth, element.videoHeight],
      sound: (element as unknown as { webkitAudioDecodedByteCount: number }).webkitAudioDecodedByteCount,
    }));
    expect(seen.size).toEqual([180, 320]);
    expect(seen.sound).toBeGreaterThan(1000);
    await close();
  });

  test('one long group of pictures plays while it arrives, and to its end', { timeout: 90_000 }, async () => {
    const long = await readFile(
      await fixture('arriving.mp4', [...picture(24, 9999), '-c:a', 'aac', '-movflags', '+faststart']),
    );
    const shared = await addFilm(screening.video, long, Math.round(long.length * 0.4));
    const { player, reaches, close } = await watch(screening, shared);
    await reaches(1);
    expect(await player.evaluate((element: HTMLVideoElement) => element.currentSrc)).toMatch(/video\.mp4$/);
    await player.evaluate((element: HTMLVideoElement) => {
      element.currentTime = 22; // which has not come yet
    });
    expect((await shared.rest()).status).toBe(204);
    await reaches(22.5);
    expect(await player.evaluate((element: HTMLVideoElement) => element.error)).toBeNull();
    await close();
  });
});
