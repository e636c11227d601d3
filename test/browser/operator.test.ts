import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RefundDue } from '@ptsdly/contract';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Person, password } from '../person.ts';
import { type Product, root, startProduct } from '../product.ts';
import { createUpload } from '../tus.ts';
import { seriousViolations } from './axe.ts';
import { chromiumPath, launchChromium, type Screen, screens } from './chromium.ts';
import { accept, openAs } from './signed-in.ts';

const run = promisify(execFile);
const shots = process.env.SHOTS;

const refund: RefundDue = {
  ...{ chargeId: '01a209b3-f1d8-1-1', subscriptionId: '01a209b3-f1d8-775f-bdc6-72ac5b8783a0', userId: '' },
  ...{ amount: 3000, currency: 'KRW', why: 'paid_twice', paidAt: '2026-11-02T03:04:05.678Z' },
};

let product: Product;
let browser: Browser;
let boss: Person;
let owner: Person;
let forgetful: string;
let target: { serverId: string; videoId: string };
beforeAll(async () => {
  if (!chromiumPath) return;
  product = await startProduct();
  browser = await launchChromium();
  [boss, owner] = [new Person(product.url), new Person(product.url)];
  await Promise.all([boss.signUp('Park'), owner.signUp('Kim')]);
  const { email } = await boss.identity.me({});
  const command = ['--disable-warning=ExperimentalWarning', join(root, 'ptsdly/src/main.ts'), 'identity'];
  const env = { ...process.env, PTSDLY_DATA: product.data };
  await run(process.execPath, [...command, 'admin', String(email)], { env, timeout: 20_000 });
  await boss.identity.signIn({ body: { email: String(email), password } });
  await accept(boss);
  forgetful = String((await owner.identity.me({})).email);
  await owner.identity.forgotPassword({ body: { email: forgetful } });
  const server = await owner.subscribe();
  const { videoId } = await createUpload(owner, server, '우리 여행.mp4', 1000);
  target = { serverId: server.id, videoId };
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

describe.runIf(chromiumPath)('operations', () => {
  test.each(screens)('it is taken down and put back ($name)', { timeout: 60_000 }, async (screen) => {
    const link = await owner.links.createLink({ body: target });
    const reported = await fetch(`${product.url}/api/links/${link.code}/report`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: product.url },
      body: JSON.stringify({ reason: 'privacy', detail: '동의 없이 찍혔어요' }),
    });
    expect(reported.status).toBe(204);
    const context = await openAs(browser, screen, product, boss);
    const page = await context.newPage();
    // A charge that nobody owed takes a month of billing to come about: its own tests show that.
    await page.route('**/api/admin/refunds', (route) => route.fulfill({ json: { items: [refund] } }));
    const shot = (name: string) =>
      shots && page.screenshot({ path: join(shots, `${name}-${screen.name}.png`), fullPage: true });
    await page.goto('/app/server');
    await page.getByTestId('account-menu').click();
    await page.getByTestId('menu-operator').click();
    const card = page.getByTestId('reported-link').filter({ hasText: link.code });
    await card.waitFor();
    await page.getByTestId('account').first().waitFor();
    await page.getByTestId('refund').filter({ hasText: '3,000' }).waitFor();
    await page.getByTestId('account').filter({ hasText: 'Kim' }).getByTestId('account-servers').click();
    await page.getByTestId('account-server').waitFor();
    const letter = page.getByTestId('letter').filter({ hasText: forgetful });
    await letter.getByTestId('read-letter').click();
    await page.getByTestId('letter-text').filter({ hasText: '#token=' }).waitFor();
    await shot('operator-letter');
    await page.keyboard.press('Escape');
    await page.getByTestId('letter-text').waitFor({ state: 'detached' });
    await page.getByTestId('audit-entry').filter({ hasText: 'reset-password' }).first().waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await shot('operator');
    await card.getByTestId('take-down').click();
    await page.getByTestId('verdict-note').fill('court order 7');
    await shot('operator-verdict');
    await page.getByTestId('verdict-send').click();
    await card.waitFor({ state: 'detached' });
    await page.getByTestId('audit-entry').filter({ hasText: 'court order 7' }).first().waitFor();
    const status = async () => (await fetch(`${product.url}/${link.code}`, { redirect: 'manual' })).status;
    expect(await status()).toBe(451);
    const takenDown = page.getByTestId('taken-down-link').filter({ hasText: link.code });
    await takenDown.scrollIntoViewIfNeeded();
    expect(await seriousViolations(page)).toEqual([]);
    await shot('operator-taken-down');
    await takenDown.getByTestId('restore').click();
    await page.getByTestId('verdict-note').fill('won on appeal');
    await shot('operator-restore');
    await page.getByTestId('verdict-send').click();
    await takenDown.waitFor({ state: 'detached' });
    await page.getByTestId('audit-entry').filter({ hasText: 'won on appeal' }).first().waitFor();
    expect(await status()).toBe(302);
    await context.close();
  });

  test('what is older comes page by page', { timeout: 60_000 }, async () => {
    const [letter] = (await boss.identity.listMails({})).items;
    for (let act = 0; act < 55; act++) await boss.identity.readMail({ params: { id: letter?.id ?? '' } });
    const context = await openAs(browser, screens[0] as Screen, product, boss);
    const page = await context.newPage();
    await page.goto('/app/operator');
    const audit = page.getByRole('region', { name: '처리 기록' });
    await audit.getByTestId('audit-entry').first().waitFor();
    const oldest = audit.getByTestId('audit-entry').filter({ hasText: 'user → admin' });
    expect(await oldest.count()).toBe(0);
    await audit.getByTestId('more').click();
    await oldest.waitFor();
    await audit.getByTestId('more').waitFor({ state: 'detached' });
    await context.close();
  });

  test('who has no role is told so, and shown nothing', { timeout: 60_000 }, async () => {
    await accept(owner);
    const context = await openAs(browser, screens[0] as Screen, product, owner);
    const page = await context.newPage();
    await page.goto('/app/operator');
    await page.getByRole('heading').first().waitFor();
    expect(await page.getByTestId('account').count()).toBe(0);
    await context.close();
  });
});
