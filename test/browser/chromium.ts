import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
];

/** The system's Chromium; undefined where there is none, said in one line. */
export const chromiumPath = places.find((place) => existsSync(place));
if (!chromiumPath) console.warn('skipped: the browser journey needs Chromium');

export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath ?? '',
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--autoplay-policy=no-user-gesture-required',
    ],
  });
}

/** A person's screen and language. */
export interface Screen {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly phone: boolean;
  readonly locale: 'ko-KR' | 'en-US';
}

export const screens: readonly Screen[] = [
  { name: 'phone', width: 390, height: 844, phone: true, locale: 'ko-KR' },
  { name: 'desktop', width: 1280, height: 800, phone: false, locale: 'en-US' },
];

export function openContext(
  browser: Browser,
  screen: Screen,
  baseURL: string,
  more: { ignoreHTTPSErrors?: boolean } = {},
): Promise<BrowserContext> {
  return browser.newContext({
    ...more,
    baseURL,
    locale: screen.locale,
    viewport: { width: screen.width, height: screen.height },
    hasTouch: screen.phone,
    isMobile: screen.phone,
    permissions: ['clipboard-read', 'clipboard-write'],
  });
}

/** Makes the network of a page slow upwards: bytes a second, or 0 for as fast as it goes. */
export async function throttleUpload(page: Page, bytesPerSecond: number): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: bytesPerSecond || -1,
  });
}
