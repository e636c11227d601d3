import type { Page } from 'playwright-core';
import { chromiumPath, launchChromium } from '../test/browser/chromium.ts';
import { startProduct } from '../test/product.ts';
import { inFolder } from './folder.ts';
import { makeOriginal } from './original.ts';
import { playFirstSegment } from './playing.ts';
import { type Measurement, median } from './report.ts';
import { subscribe, upload } from './subscriber.ts';

const SECONDS = 60;
const ROUNDS = 7;

/** Seconds in Chromium from the click on a short link to the first frame on the screen. */
export function firstFrame(): Promise<Measurement[]> {
  if (!chromiumPath) throw new Error('there is no Chromium here');
  return inFolder(async (folder) => {
    const original = await makeOriginal(folder, { seconds: SECONDS });
    const product = await startProduct();
    const browser = await launchChromium();
    try {
      const subscriber = await subscribe(product);
      const videoId = await upload(subscriber, original);
      await playFirstSegment(subscriber, videoId);
      const { url } = await subscriber.person.links.createLink({
        body: { serverId: subscriber.server.id, videoId },
      });
      const cold: number[] = [];
      const warm: number[] = [];
      for (let round = 0; round <= ROUNDS; round++) {
        // a viewer who was never here, and the same one again
        const context = await browser.newContext();
        const page = await context.newPage();
        const first = await click(page, url);
        const second = await click(page, url);
        if (round > 0) {
          cold.push(first);
          warm.push(second);
        }
        await context.close();
      }
      const conditions = {
        movie: `${original.seconds} s of 1080p at 5 Mbit/s`,
        rounds: `${ROUNDS}, median`,
        path: 'click, redirect, page, link opened, session, playlist, segment, requestVideoFrameCallback',
      };
      return [
        { case: 'cold-cache', value: median(cold), unit: 's', conditions },
        { case: 'warm-cache', value: median(warm), unit: 's', conditions },
      ];
    } finally {
      await browser.close();
      await product.stop();
    }
  });
}

/** Opens a link as a click on it does; resolves with the seconds until a frame of the video was composed. */
async function click(page: Page, url: string): Promise<number> {
  const started = Date.now();
  await page.goto(url, { waitUntil: 'commit' });
  const at = await page.evaluate(async () => {
    for (;;) {
      const video = document.querySelector('video');
      if (video) {
        return new Promise<number>((resolve) => {
          if (video.getVideoPlaybackQuality().totalVideoFrames > 0) resolve(Date.now());
          else video.requestVideoFrameCallback(() => resolve(Date.now()));
        });
      }
      await new Promise(requestAnimationFrame);
    }
  });
  return (at - started) / 1000;
}
