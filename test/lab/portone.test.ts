import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Checkout } from '@ptsdly/contract';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPortOneStandIn } from '../../services/subscriptions/src/payments/testing/portone-stand-in.ts';
import type { StandIn } from '../../services/subscriptions/src/payments/testing/stand-in.ts';
import { chromiumPath, launchChromium, openContext, screens } from '../browser/chromium.ts';
import { Person } from '../person.ts';
import { type Product, startProduct } from '../product.ts';

/** The payment page in a real browser, with a stand-in for PortOne's browser SDK on an origin of its own. */

let product: Product;
let browser: Browser;
let standIn: StandIn;
let sdk: Awaited<ReturnType<typeof openSdk>>;
beforeAll(async () => {
  if (!chromiumPath) return;
  [standIn, sdk, browser] = await Promise.all([openPortOneStandIn(), openSdk(), launchChromium()]);
  product = await startProduct({
    env: {
      PTSDLY_PAYMENTS: `${standIn.url}&script=${encodeURIComponent(sdk.url)}`,
      PTSDLY_PAYMENTS_KEY: standIn.key,
      PTSDLY_PAYMENTS_WEBHOOK_SECRET: standIn.webhookSecret,
    },
  });
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await product?.stop();
  await standIn?.close();
  sdk?.close();
});

/**
 * Serves what the page calls (developers.portone.io/sdk/ko/v2-sdk/billing-key-request): a window with a button for a
 * card, and one that closes it. The test answers the key that came of it.
 */
async function openSdk() {
  const script = `window.PortOne = { requestIssueBillingKey: (request) => new Promise((resolve) => {
    const button = (id, answer) => {
      const made = document.body.appendChild(document.createElement('button'));
      made.id = made.textContent = id;
      made.onclick = async () => resolve(await answer());
    };
    button('pay', () => window.issue(JSON.stringify(request)));
    button('close', () => ({ code: 'FAILURE_TYPE_PG', message: 'closed by the customer' }));
  }) };`;
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/javascript' }).end(script);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/v2/browser-sdk.js`, close: () => server.close() };
}

/** Opens the payment window from the subscription's page, and presses one of its buttons. */
async function inWindow(page: Page, press: 'pay' | 'close'): Promise<void> {
  await page.getByTestId('give-method').click();
  await page.waitForURL('**/app/pay');
  await page.locator(`#${press}`).click();
  await page.waitForURL(`${product.url}/app/subscription`);
}

const state = (page: Page) => page.getByTestId('subscription').getAttribute('data-state');
const shots = process.env.SCREENSHOTS;

describe.skipIf(!chromiumPath).each(screens)('$name', (screen) => {
  test('the window is closed, the card declined, and then taken; nothing else may run there', async () => {
    const person = new Person(product.url);
    await person.signUp('Kim');
    await person.identity.putConsents({ body: (await person.identity.authOptions({})).documents });
    await person.subscriptions.subscribe({ body: { planId: 'plus' } });
    const context = await openContext(browser, screen, product.url);
    const [name, value] = person.cookie.split('; ')[0]?.split('=') ?? [];
    await context.addCookies([{ name: name as string, value: value as string, url: product.url }]);
    const page = await context.newPage();
    let last4 = '1111';
    await page.exposeFunction('issue', (request: string) => {
      const checkout = { kind: 'portone', script: sdk.url, request: JSON.parse(request) } as Checkout;
      return { billingKey: standIn.give(checkout, last4) };
    });
    await page.goto('/app/subscription');
    await expect.poll(() => state(page)).toBe('incomplete');

    await inWindow(page, 'close');
    await page.getByTestId('method-canceled').waitFor();
    expect(await state(page)).toBe('incomplete');
    if (shots) await page.screenshot({ path: join(shots, `closed-${screen.name}.png`), fullPage: true });

    standIn.verdicts.push('no_money');
    await inWindow(page, 'pay');
    await expect.poll(() => page.getByTestId('status').textContent()).toMatch(/잔액|money/);
    expect(await page.getByTestId('method').textContent()).toContain('1111');

    last4 = '2222';
    await inWindow(page, 'pay');
    await expect.poll(() => state(page), { timeout: 10_000 }).toBe('active');
    expect(await page.getByTestId('method').textContent()).toContain('2222');
    await expect
      .poll(() => page.getByTestId('timeline').textContent(), { timeout: 20_000 })
      .toMatch(/서버가 켜졌어요|It is running/);
    if (shots) await page.screenshot({ path: join(shots, `paid-${screen.name}.png`), fullPage: true });

    await staysClosed(page);
    await context.close();
  }, 60_000);
});

/** On the payment page only the configured script runs, on the others not even that. */
async function staysClosed(page: Page): Promise<void> {
  const loads = (address: string) =>
    page.evaluate(
      (src) =>
        new Promise<boolean>((resolve) => {
          const script = document.createElement('script');
          script.src = src;
          script.onload = () => resolve(true);
          script.onerror = () => resolve(false);
          document.head.append(script);
        }),
      address,
    );
  const elsewhere = sdk.url.replace('127.0.0.1', 'localhost'); // reachable, and another origin
  expect(await loads(sdk.url)).toBe(false);
  await page.goto('/app/pay');
  await page.locator('#pay').waitFor();
  expect(await loads(sdk.url)).toBe(true);
  expect(await loads(elsewhere)).toBe(false);
  expect(await page.evaluate(() => fetch('https://example.com/').catch(() => 'refused'))).toBe('refused');
  const inline = await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.ranInline = true';
    document.head.append(script);
    return 'ranInline' in window;
  });
  expect(inline).toBe(false);
}
