import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StandIn } from '../../services/subscriptions/src/payments/testing/stand-in.ts';
import {
  openStripeStandIn,
  signed,
} from '../../services/subscriptions/src/payments/testing/stripe-stand-in.ts';
import { type Product, startProduct } from '../product.ts';
import { chromiumPath, launchChromium, screens } from './chromium.ts';
import { newcomer, openAs } from './signed-in.ts';

/** Plans, payment and the subscription's page in a real browser, with a stand-in for the payment company. */

let product: Product;
let browser: Browser;
let standIn: StandIn;
beforeAll(async () => {
  standIn = await openStripeStandIn();
  product = await startProduct({
    env: {
      PTSDLY_PAYMENTS: standIn.url,
      PTSDLY_PAYMENTS_KEY: standIn.key,
      PTSDLY_PAYMENTS_WEBHOOK_SECRET: standIn.webhookSecret,
    },
  });
  if (chromiumPath) browser = await launchChromium();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await product?.stop();
  await standIn?.close();
});

const shots = process.env.SCREENSHOTS;
const shoot = async (page: Page, name: string) => {
  if (shots) await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
};

/** Gives a card on the page of the payment company, which sends the browser back. */
async function give(page: Page, last4: string): Promise<void> {
  await page.getByTestId('give-method').click();
  await page.waitForURL(/stripe\.com/);
  const reference = standIn.give({ kind: 'redirect', url: page.url() }, last4);
  await page.goto(`${product.url}/app/subscription?method=${reference}`);
  await page.waitForURL(`${product.url}/app/subscription`);
}

/** Long enough for a machine that has much else to do. */
const patience = { timeout: 20_000 };
const state = (page: Page) => page.getByTestId('subscription').getAttribute('data-state');

test('events of the payment company come in through the gateway as they were signed, and no others', async () => {
  const url = `${product.url}/api/payments/webhook`;
  const post = (headers: Readonly<Record<string, string>>, body: string) =>
    fetch(url, { method: 'POST', headers, body });
  const { headers, body } = signed({
    id: 'evt_1',
    type: 'customer.created',
    data: { object: { id: 'cus_1' } },
  });
  expect((await post(headers, body)).status).toBe(204);
  expect((await post(headers, `${body} `)).status).toBe(400);
  expect((await post(headers, body + ' '.repeat(300_000))).status).toBe(413);
});

describe.skipIf(!chromiumPath).each(screens)('$name', (screen) => {
  test('from choosing a plan to a server, another plan, and the end', async () => {
    const context = await openAs(browser, screen, product, await newcomer(product));
    const page = await context.newPage();
    await page.route(/stripe\.com/, (route) => route.fulfill({ contentType: 'text/html', body: 'card?' }));
    await page.goto('/app/plans');
    await page.getByTestId('choose-plus').waitFor();
    await shoot(page, `plans-${screen.name}`);
    await page.getByTestId('choose-plus').click();
    await page.getByTestId('subscribe').click();
    await page.waitForURL('**/app/subscription');
    await expect.poll(() => state(page), patience).toBe('incomplete');
    await shoot(page, `incomplete-${screen.name}`);

    standIn.verdicts.push('no_money');
    await give(page, '0341');
    await expect.poll(() => page.getByTestId('status').textContent(), patience).toMatch(/잔액|money/);
    await shoot(page, `declined-${screen.name}`);
    await give(page, '4242');
    await expect.poll(() => state(page), patience).toBe('active');
    expect(await page.getByTestId('method').textContent()).toContain('4242');
    expect(await page.getByTestId('receipts').textContent()).toContain('₩4,900');
    await page.getByTestId('usage').waitFor();
    await shoot(page, `active-${screen.name}`);

    await page.getByTestId('to-plans').click();
    await page.getByTestId('change-pro').click();
    expect(await page.getByTestId('due-now').textContent()).toMatch(/₩(10,000|9,999)/);
    await shoot(page, `change-${screen.name}`);
    await page.getByTestId('confirm-change').click();
    await expect
      .poll(() => page.getByTestId('plan-pro').textContent(), patience)
      .toMatch(/이용 중|Your plan/);

    await page.goto('/app/subscription');
    await page.getByTestId('cancel-subscription').click();
    await shoot(page, `cancel-${screen.name}`);
    await page.getByTestId('confirm-cancel').click();
    await page.getByTestId('planned').waitFor();
    await shoot(page, `planned-${screen.name}`);
    await page.getByTestId('take-back').click();
    await page.getByTestId('planned').waitFor({ state: 'detached' });

    await page.goto('/app/server');
    await page.locator('[data-testid="server-state"][data-state="ready"]').waitFor({ timeout: 60_000 });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    expect(overflow).toBe(false);
    await context.close();
  }, 180_000);
});
