import { readFile } from 'node:fs/promises';
import { fixture } from '@ptsdly/packager/testing';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { password } from '../person.ts';
import { type Product, startProduct } from '../product.ts';
import { sha256 } from '../tus.ts';
import {
  chromiumPath,
  launchChromium,
  openContext,
  type Screen,
  screens,
  throttleUpload,
} from './chromium.ts';

/** A newcomer's way through the real pages, in a real browser, to the friend who can no longer watch. */

const SECONDS = 24;
let product: Product;
let browser: Browser;
let movie: string;

beforeAll(async () => {
  movie = await fixture('browser.mp4', [
    ...['-f', 'lavfi', '-i', `testsrc2=s=1280x720:r=30:d=${SECONDS}`],
    ...['-f', 'lavfi', '-i', `sine=440:r=48000:d=${SECONDS}`],
    ...[
      '-c:v',
      'libx264',
      '-preset',
      'veryfast',
      '-pix_fmt',
      'yuv420p',
      '-g',
      '60',
      '-b:v',
      '2M',
      '-c:a',
      'aac',
    ],
  ]);
  product = await startProduct();
  if (chromiumPath) browser = await launchChromium();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

describe.runIf(chromiumPath).each(screens)('on a $name', (screen) => {
  test('sign up, subscribe, upload, play, share, revoke, change my name', { timeout: 120_000 }, async () => {
    const context = await openContext(browser, screen, product.url);
    const page = await context.newPage();
    const faults = watchForFaults(page);
    await signUp(page, screen);
    await subscribe(page);
    await uploadWithInterruptions(page);
    await playAndSeek(page);
    await downloadIsIdentical(page);
    const url = await share(page);
    await friendWatchesUntilRevoked(page, url, screen);
    await changeName(page);
    expect(await scrollsSideways(page)).toBe(false);
    expect(faults).toEqual([]);
    await context.close();
  });
});

async function signUp(page: Page, screen: Screen): Promise<void> {
  await page.goto('/');
  expect(await page.locator('html').getAttribute('lang')).toBe(screen.locale.slice(0, 2));
  await page.getByTestId('start').first().click();
  await page.getByTestId('sign-up-name').fill('Kim');
  await page.getByTestId('sign-up-email').fill(`${screen.name}-${Date.now()}@example.test`);
  await page.getByTestId('sign-up-password').fill(password);
  await page.getByTestId('consent-terms').click();
  await page.getByTestId('consent-privacy').click();
  await page.getByTestId('sign-up-submit').click();
}

async function subscribe(page: Page): Promise<void> {
  await page.locator('[data-testid^="choose-"]').first().click();
  await page.getByTestId('subscribe').click();
  await page.locator('[data-testid="server-state"][data-state="ready"]').waitFor({ timeout: 10_000 });
}

/** Pause and resume, then a reload in the middle: the upload goes on from what was acknowledged. */
async function uploadWithInterruptions(page: Page): Promise<void> {
  await throttleUpload(page, 600_000);
  await page.getByTestId('file-input').first().setInputFiles(movie);
  const upload = page.getByTestId('upload');
  await progressBeyond(upload, 0.1);
  await page.getByTestId('upload-pause').click();
  await page.locator('[data-testid="upload"][data-state="paused"]').waitFor();
  await page.getByTestId('upload-resume').click();
  await progressBeyond(upload, 0.3);

  await page.reload();
  await page.locator('[data-testid="upload"][data-state="interrupted"]').waitFor();
  await throttleUpload(page, 0);
  const offsets: number[] = [];
  page.on('request', (request) => {
    if (request.method() === 'PATCH') offsets.push(Number(request.headers()['upload-offset']));
  });
  await page.getByTestId('file-input-again').setInputFiles(movie);
  await page.locator('[data-testid="upload"][data-state="done"]').waitFor();
  expect(offsets[0]).toBeGreaterThan(0);
  await page.locator('[data-testid="video-card"][data-state="playable"]').waitFor();
}

/** Waits until more than a part (0-1) of the file has been sent. */
async function progressBeyond(upload: Locator, part: number): Promise<void> {
  const bar = upload.getByRole('progressbar');
  await expect
    .poll(async () => Number(await bar.getAttribute('aria-valuenow')), { timeout: 20_000 })
    .toBeGreaterThan(part);
  expect(Number(await bar.getAttribute('aria-valuenow'))).toBeLessThan(1);
}

async function playAndSeek(page: Page): Promise<void> {
  const segments: number[] = [];
  page.on('response', (response) => {
    if (response.url().includes('.m4s')) segments.push(response.status());
  });
  await page.getByTestId('video-card').getByRole('link').first().click();
  const video = page.getByTestId('video');
  await video.waitFor();
  await advances(video, 0);
  await advances(video, SECONDS - 8);
  expect(segments.length).toBeGreaterThan(0); // it came through HLS
  expect(new Set(segments)).toEqual(new Set([200]));
}

/** Plays from a position on; passes when the time really moves and a picture is there. */
async function advances(video: Locator, from: number): Promise<void> {
  await video.evaluate((element: HTMLVideoElement, time) => {
    element.muted = true;
    if (time > 0) element.currentTime = time;
    return element.play();
  }, from);
  await expect
    .poll(() => video.evaluate((element: HTMLVideoElement) => element.currentTime), { timeout: 15_000 })
    .toBeGreaterThan(from + 1);
  expect(await video.evaluate((element: HTMLVideoElement) => element.videoWidth)).toBe(1280);
}

async function downloadIsIdentical(page: Page): Promise<void> {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByTestId('download').click()]);
  expect(download.suggestedFilename()).toMatch(/\.mp4$/);
  expect(sha256(await readFile(await download.path()))).toBe(sha256(await readFile(movie)));
}

async function share(page: Page): Promise<string> {
  await page.getByTestId('share').click();
  const shown = page.getByTestId('short-url');
  await shown.waitFor();
  await page.getByTestId('copy-url').click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toContain(product.url);
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toMatch(new RegExp(`^${product.url}/[1-9A-HJ-NP-Za-km-z]{12}$`));
  return copied;
}

async function friendWatchesUntilRevoked(owner: Page, url: string, screen: Screen): Promise<void> {
  const context: BrowserContext = await openContext(browser, screen, product.url);
  const friend = await context.newPage();
  const faults = watchForFaults(friend);
  await friend.goto(url);
  expect(new URL(friend.url()).pathname).toMatch(/^\/watch\//);
  expect(await friend.locator('meta[property="og:title"]').getAttribute('content')).toMatch(/^browser/);
  await advances(friend.getByTestId('video'), 0);
  await advances(friend.getByTestId('video'), 12);
  expect(faults).toEqual([]);

  await owner.getByTestId('revoke').first().click();
  await owner.getByTestId('confirm-revoke').click();
  // What plays stops by itself, and the link is dead.
  await friend.getByTestId('watch-message').waitFor({ timeout: 5000 });
  expect((await friend.goto(url))?.status()).toBe(410);
  await context.close();
}

async function changeName(page: Page): Promise<void> {
  await page.goto('/app/me');
  await page.getByTestId('me-name').fill('새 이름');
  await page.getByTestId('me-name-save').click();
  await page.getByTestId('toast').first().waitFor();
  await page.reload();
  await expect.poll(() => page.getByTestId('me-name').inputValue(), { timeout: 15_000 }).toBe('새 이름');
}

/** Uncaught errors and answers of 500 and more, as they come. */
function watchForFaults(page: Page): string[] {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('response', (response) => {
    if (response.status() >= 500) faults.push(`${response.status()} ${new URL(response.url()).pathname}`);
  });
  return faults;
}

function scrollsSideways(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
}
