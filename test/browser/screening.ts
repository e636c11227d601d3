import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Product, startProduct } from '../product.ts';
import { chromiumPath, launchChromium, openContext, type Screen, screens } from './chromium.ts';
import { film, type SharedVideo, shareFilm } from './shared-video.ts';

/** The product, a browser, and a film that somebody shares. */
export interface Screening {
  readonly product: Product;
  readonly browser: Browser;
  readonly video: SharedVideo;
}

interface Film {
  readonly seconds: number;
  readonly size?: string;
}

/** There for all tests of a file, where there is a Chromium; `prepare` makes more of the film before them. */
export function openScreening(
  { seconds, size }: Film,
  prepare?: (video: SharedVideo) => Promise<void>,
): Screening {
  const screening: { -readonly [key in keyof Screening]?: Screening[key] } = {};
  beforeAll(async () => {
    if (!chromiumPath) return;
    const product = await startProduct();
    screening.product = product;
    const shared = film(seconds, size).then((path) => shareFilm(product, path));
    const [browser, video] = await Promise.all([launchChromium(), shared]);
    Object.assign(screening, { browser, video });
    await prepare?.(video);
  }, 300_000);
  afterAll(async () => {
    await screening.browser?.close();
    await screening.product?.stop();
  });
  return screening as Screening;
}

interface Clock {
  /** Seconds of the video that are shown now. */
  readonly time: () => Promise<number>;
  /** Resolves when the video has come so far. */
  readonly reaches: (seconds: number, timeout?: number) => Promise<void>;
}

/** Of a `<video>`. */
export function timeOf(player: Locator): Clock {
  const time = () => player.evaluate((element: HTMLVideoElement) => element.currentTime);
  // long enough for a machine that has much else to do
  const reaches = (seconds: number, timeout = 20_000) =>
    expect.poll(time, { timeout }).toBeGreaterThan(seconds);
  return { time, reaches };
}

interface Watching extends Clock {
  readonly page: Page;
  /** The `<video>`. */
  readonly player: Locator;
  readonly close: () => Promise<void>;
}

interface Visit {
  /** The short URL; of the film, unless told. */
  readonly url?: string;
  readonly screen?: Screen;
  readonly prepare?: (page: Page) => Promise<void>;
}

/** A friend's page with the video playing, muted. */
export async function watch(
  { browser, product, video }: Screening,
  { url = video.url, screen = screens[1] as Screen, prepare }: Visit = {},
): Promise<Watching> {
  const context = await openContext(browser, screen, product.url);
  const page = await context.newPage();
  await prepare?.(page);
  await page.goto(url);
  const player = page.getByTestId('video');
  await player.waitFor();
  const clock = timeOf(player);
  await clock.reaches(0.3);
  return { page, player, ...clock, close: () => context.close() };
}
