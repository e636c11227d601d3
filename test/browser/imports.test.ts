import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Product, startProduct } from '../product.ts';
import { chromiumPath, launchChromium, screens } from './chromium.ts';
import { newcomer, openAs } from './signed-in.ts';

/** The form that fetches from a link, and the whole way behind it: nothing of this machine can be reached by it. */

let product: Product;
let browser: Browser;
let canary: Server;
const caught: string[] = [];

beforeAll(async () => {
  canary = createServer((request, response) => {
    caught.push(request.url ?? '');
    response.end('a secret of this machine');
  }).listen(0, '127.0.0.1');
  await once(canary, 'listening');
  product = await startProduct();
  if (chromiumPath) browser = await launchChromium();
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await product?.stop();
  canary?.close();
});

describe.runIf(chromiumPath).each(screens)('$name', (screen) => {
  test('refuses an address of this machine, in words, and the form stays', { timeout: 60_000 }, async () => {
    const { port } = canary.address() as AddressInfo;
    const owner = await newcomer(product);
    await owner.subscribe();
    const context = await openAs(browser, screen, product, owner);
    const page = await context.newPage();
    await page.goto('/app/server');
    await page.getByTestId('import-button').click();
    for (const host of ['127.0.0.1', 'localhost', '[::ffff:7f00:1]', '2130706433']) {
      await page.getByTestId('import-url').fill(`http://${host}:${port}/secret.mp4`);
      await page.getByTestId('import-url').press('Enter');
      await page.getByText(/not open to everybody|모두에게 열려 있지 않은/).waitFor();
    }
    await page.keyboard.press('Escape');
    await context.close();
    expect(caught).toEqual([]);
  });
});
