import { fixture } from '@ptsdly/packager/testing';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Product, startProduct } from '../product.ts';
import { chromiumPath, launchChromium, openContext, screens, throttleUpload } from './chromium.ts';
import { newcomer, openAs } from './signed-in.ts';

/** A friend watches in a real browser what is still on its way up in another one. */

const SECONDS = 16;
/** Slower than the film plays (2 Mbit/s), so that the friend catches up with it and has to wait. */
const BYTES_A_SECOND = 190_000;
const [, desktop] = screens;

let product: Product;
let browser: Browser;
let movie: string;

beforeAll(async () => {
  movie = await fixture('live.mp4', [
    ...['-f', 'lavfi', '-i', `testsrc2=s=640x360:r=30:d=${SECONDS},noise=alls=30:allf=t`],
    ...['-f', 'lavfi', '-i', `sine=440:r=48000:d=${SECONDS}`],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '60', '-sc_threshold', '0'],
    ...['-b:v', '2M', '-minrate', '2M', '-maxrate', '2M', '-bufsize', '1M', '-c:a', 'aac'],
  ]);
  product = await startProduct();
  if (chromiumPath) browser = await launchChromium();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

describe.runIf(chromiumPath && desktop)('while a camera file uploads', () => {
  test('the owner and a friend watch it, to its end and without a jump', { timeout: 120_000 }, async () => {
    const person = await newcomer(product);
    await person.subscribe();
    const context = await openAs(browser, desktop!, product, person);
    const owner = await context.newPage();
    await owner.goto('/app/server');
    const uploads: string[] = [];
    owner.on('request', (request) => {
      if (request.url().includes('/uploads')) uploads.push(`${request.method()} ${request.url()}`);
    });
    await throttleUpload(owner, BYTES_A_SECOND);
    await owner.getByTestId('file-input').first().setInputFiles(movie);
    const upload = owner.getByTestId('upload');
    const card = owner.locator('[data-testid="video-card"][data-state="receiving"]');
    await card.waitFor();

    // The link exists before the video can be played, and its page waits.
    await card.getByTestId('video-menu').click();
    await owner.getByTestId('menu-share').click();
    await owner.getByTestId('short-url').waitFor();
    await owner.getByTestId('copy-url').click();
    const url = await owner.evaluate(() => navigator.clipboard.readText());
    await owner.keyboard.press('Escape');
    const other = await openContext(browser, desktop!, product.url);
    const friend = await other.newPage();
    const refused: string[] = [];
    friend.on('pageerror', (error) => refused.push(error.message));
    friend.on('response', (response) => {
      const piece = /\/s\/[^/]+\/(.+)$/.exec(response.url())?.[1];
      if (piece && response.status() >= 400) refused.push(`${response.status()} ${piece}`);
    });
    await friend.goto(url);
    const video = friend.getByTestId('video');
    await video.waitFor({ timeout: 20_000 });
    await record(video);
    await reaches(video, 1);
    expect(await upload.getAttribute('data-state')).toBe('sending');
    expect(await friend.getByTestId('arriving').count()).toBe(1);

    // The owner's own page plays it too, from the card.
    await card.getByRole('link').first().click();
    await reaches(owner.getByTestId('video'), 1);
    expect(await upload.getAttribute('data-state')).toBe('sending');
    expect(uploads.findIndex((one) => one.startsWith('PUT') && one.endsWith('/moov'))).toBeLessThan(
      uploads.findIndex((one) => one.startsWith('PATCH')),
    );

    await owner.locator('[data-testid="upload"][data-state="done"]').waitFor({ timeout: 60_000 });
    await expect
      .poll(() => video.evaluate((element: HTMLVideoElement) => element.ended), { timeout: 40_000 })
      .toBe(true);
    const watched = await recorded(video);
    expect(watched.seeks).toEqual([]);
    expect(watched.duration).toBeGreaterThan(SECONDS - 0.2);
    expect(watched.furthestJump).toBeLessThan(0.6);
    expect(watched.backwards).toBe(0);
    expect(refused).toEqual([]);
    expect(await friend.getByTestId('arriving').count()).toBe(0);
    await Promise.all([context.close(), other.close()]);
  });
});

async function reaches(video: Locator, seconds: number): Promise<void> {
  await expect
    .poll(() => video.evaluate((element: HTMLVideoElement) => element.currentTime), { timeout: 20_000 })
    .toBeGreaterThan(seconds);
}

interface Watched {
  /** Where the player was sent to, in seconds. */
  readonly seeks: number[];
  readonly duration: number;
  /** Seconds of film between two looks beyond the time that passed. */
  readonly furthestJump: number;
  /** Seconds. */
  readonly backwards: number;
}

type Recording = HTMLVideoElement & { watched: { seeks: number[]; furthestJump: number; backwards: number } };

/** Looks at the player's time from now on. */
async function record(video: Locator): Promise<void> {
  await video.evaluate((element: HTMLVideoElement) => {
    const watched = { seeks: [] as number[], furthestJump: 0, backwards: 0 };
    (element as Recording).watched = watched;
    element.muted = true;
    if (!element.ended) void element.play(); // it may have caught up with what has arrived
    element.addEventListener('seeking', () => {
      if (element.currentTime > 0.5) watched.seeks.push(element.currentTime);
    });
    let [time, at] = [element.currentTime, performance.now()];
    const look = () => {
      const [nextTime, nextAt] = [element.currentTime, performance.now()];
      watched.furthestJump = Math.max(watched.furthestJump, nextTime - time - (nextAt - at) / 1000);
      watched.backwards = Math.max(watched.backwards, time - nextTime);
      [time, at] = [nextTime, nextAt];
    };
    setInterval(look, 50);
  });
}

function recorded(video: Locator): Promise<Watched> {
  return video.evaluate((element: HTMLVideoElement) => ({
    ...(element as Recording).watched,
    duration: element.duration,
  }));
}
