import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumPath, launchChromium, openContext, screens } from '../browser/chromium.ts';
import { film, type SharedVideo, shareFilm } from '../browser/shared-video.ts';
import { until } from '../person.ts';
import { type Product, startProduct } from '../product.ts';

/** Between the original and a rendition, back and forth, while it plays. */

const SECONDS = 60;
const TURNS = 8;
const [, desktop] = screens;
let product: Product;
let browser: Browser;
let video: SharedVideo;

beforeAll(async () => {
  if (!chromiumPath) return;
  product = await startProduct();
  browser = await launchChromium();
  video = await shareFilm(product, await film(SECONDS, '1280x720'));
  const media = video.person.media(video.server);
  const params = { id: video.id };
  await media.askRendition({ params, body: { height: 360 } });
  await until(
    () => media.getVideo({ params }),
    ({ jobs }) => jobs.every(({ kind }) => kind !== 'rendition'),
    ({ jobs }) => `the rendition is not there: ${JSON.stringify(jobs)}`,
    180,
  );
}, 300_000);

afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

describe.runIf(chromiumPath && desktop)('zigzag between renditions', () => {
  test('time goes on without a jump, and both pictures are seen', async () => {
    const context = await openContext(browser, desktop!, product.url);
    const page = await context.newPage();
    await page.goto(video.url);
    const player = page.getByTestId('video');
    await player.waitFor();
    await player.evaluate((element: HTMLVideoElement) => {
      const seen = { backwards: 0, furthest: 0, heights: new Set<number>() };
      (globalThis as unknown as { seen: typeof seen }).seen = seen;
      let [time, at] = [element.currentTime, performance.now()];
      setInterval(() => {
        const [nextTime, nextAt] = [element.currentTime, performance.now()];
        seen.backwards = Math.max(seen.backwards, time - nextTime);
        seen.furthest = Math.max(seen.furthest, nextTime - time - (nextAt - at) / 1000);
        seen.heights.add(element.videoHeight);
        [time, at] = [nextTime, nextAt];
      }, 50);
      element.muted = true;
      return element.play();
    });
    for (let turn = 0; turn < TURNS; turn++) {
      await page.mouse.move(600, 300 + turn);
      await page.getByTestId('player-settings').click();
      await page.getByTestId('setting-quality').click();
      const options = page.locator('[data-testid^="quality-"]:not([data-testid="quality-auto"])');
      expect(await options.count()).toBeGreaterThanOrEqual(2);
      await (turn % 2 === 0 ? options.last() : options.first()).click();
      const from = await player.evaluate((element: HTMLVideoElement) => element.currentTime);
      await expect
        .poll(() => player.evaluate((element: HTMLVideoElement) => element.currentTime), { timeout: 30_000 })
        .toBeGreaterThan(from + 2);
    }
    const seen = await page.evaluate(() => {
      const found = (
        globalThis as unknown as { seen: { backwards: number; furthest: number; heights: Set<number> } }
      ).seen;
      return { ...found, heights: [...found.heights] };
    });
    expect(seen.backwards).toBe(0);
    expect(seen.furthest).toBeLessThan(0.6);
    expect(seen.heights).toEqual(expect.arrayContaining([360, 720]));
    expect(await player.evaluate((element: HTMLVideoElement) => element.error)).toBeNull();
    await context.close();
  });
});
