import { describe, expect, test } from 'vitest';
import { chromiumPath } from '../browser/chromium.ts';
import { openScreening, watch } from '../browser/screening.ts';
import { until } from '../person.ts';

/** Between the original and a rendition, back and forth, while it plays. */

const TURNS = 8;
const screening = openScreening({ seconds: 60, size: '1280x720' }, async ({ id, person, server }) => {
  const media = person.media(server);
  const params = { id };
  await media.askRendition({ params, body: { height: 360 } });
  await until(
    () => media.getVideo({ params }),
    ({ jobs }) => jobs.every(({ kind }) => kind !== 'rendition'),
    ({ jobs }) => `the rendition is not there: ${JSON.stringify(jobs)}`,
    180,
  );
});

describe.runIf(chromiumPath)('zigzag between renditions', () => {
  test('time goes on without a jump, and both pictures are seen', async () => {
    const { page, player, time, reaches, close } = await watch(screening);
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
      await reaches((await time()) + 2, 30_000);
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
    await close();
  });
});
