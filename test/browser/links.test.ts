import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fixtures } from '@ptsdly/packager/testing';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Person, until } from '../person.ts';
import { type Product, startProduct } from '../product.ts';
import { createUpload, patch } from '../tus.ts';
import { chromiumPath, launchChromium, openContext, type Screen, screens } from './chromium.ts';
import { newcomer, openAs } from './signed-in.ts';

let product: Product;
let browser: Browser;
let owner: Person;
let target: { serverId: string; videoId: string };
beforeAll(async () => {
  if (!chromiumPath) return;
  product = await startProduct({ env: { PTSDLY_WEBHOOKS_TO_PRIVATE: 'yes' } });
  browser = await launchChromium();
  owner = await newcomer(product, 'Kim');
  const server = await owner.subscribe();
  const file = await readFile((await fixtures['H.264 and AAC, moov at the end']?.()) ?? '');
  const { videoId, location } = await createUpload(owner, server, '우리 여행.mp4', file.length);
  await patch(owner, { videoId, location }, 0, file);
  await owner.settled(server, videoId);
  target = { serverId: server.id, videoId };
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

/** The owner's browser. */
const ownersContext = (screen: Screen) => openAs(browser, screen, product, owner);

const shots = process.env.SHOTS;

describe.skipIf(!chromiumPath)('links', () => {
  test.each(screens)(
    'a friend watches, and the owner sees it happen ($name)',
    async (screen) => {
      const link = await owner.links.createLink({
        body: { ...target, label: `For ${screen.name}`, speed: 2, recipient: 'Lee' },
      });
      const context = await ownersContext(screen);
      const page = await context.newPage();
      const shot = async (name: string) =>
        shots && (await page.screenshot({ path: join(shots, `${name}-${screen.name}.png`), fullPage: true }));
      await page.goto(`/app/links/${link.id}`);
      await page.getByTestId('stats-views').waitFor();
      expect(await page.getByTestId('stats-views').textContent()).toBe('0');

      const friend = await openContext(browser, screen, product.url);
      const watching = await friend.newPage();
      await watching.goto(link.url);
      await watching.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 0.3);
      expect(await watching.evaluate(() => document.querySelector('video')?.playbackRate)).toBe(2);
      await expect.poll(() => page.getByTestId('stats-plays').textContent(), { timeout: 15_000 }).toBe('1');
      await friend.close();
      await shot('link');

      await page.goto('/app/links');
      await page.getByTestId('links-search').fill(screen.name);
      await expect.poll(() => page.getByTestId('all-links-row').count()).toBe(1);
      await page.getByTestId('links-search').fill('');
      await expect.poll(() => page.getByTestId('all-links-row').count()).toBeGreaterThan(0);
      await shot('links');
      await page.getByTestId('links-search').fill(screen.name);
      await expect.poll(() => page.getByTestId('all-links-row').count()).toBe(1);
      await page.getByTestId('all-links-row').getByRole('checkbox').check({ force: true });
      await shot('links-chosen');
      await page.getByTestId('revoke-chosen').click();
      await page.getByTestId('confirm-revoke-chosen').click();
      await expect.poll(() => page.getByTestId('all-links-row').count()).toBe(0);
      expect((await fetch(link.url, { redirect: 'manual' })).status).toBe(410);
      const framed = await context.newPage(); // which has no picture any more, and shows none that is broken
      await framed.goto(link.url.replace(/\/([^/]+)$/, '/embed/$1'));
      await framed.getByTestId('embed-play').waitFor();
      await framed.getByTestId('embed-play').locator('img').waitFor({ state: 'hidden' });
      await framed.close();
      await page.goto(`/app/videos/${target.videoId}/stats`);
      await page.getByTestId('stats-views').waitFor();
      await shot('video-stats');
      await context.close();
    },
    90_000,
  );

  test('a friend who comes too early reads when the link opens', async () => {
    const opensAt = '2040-01-02T03:04:00.000Z';
    const { code } = await owner.links.createLink({ body: { ...target, opensAt } });
    const context = await openContext(browser, screens[1] as Screen, product.url);
    const page = await context.newPage();
    await page.goto(`/watch/${code}`);
    expect(await page.getByTestId('opens-at').textContent()).toContain('2040');
    await context.close();
  });

  test.each(screens)(
    'a webhook is made, tried and removed ($name)',
    async (screen) => {
      const context = await ownersContext(screen);
      const page = await context.newPage();
      const shot = async (name: string) =>
        shots && (await page.screenshot({ path: join(shots, `${name}-${screen.name}.png`), fullPage: true }));
      await page.goto('/app/webhooks');
      await page.getByTestId('new-webhook').click();
      await shot('webhook-new');
      await page.getByTestId('webhook-url').fill(`${product.url}/nothing/here`);
      await page.getByTestId('add-webhook').click();
      expect(await page.getByTestId('webhook-secret').textContent()).toMatch(/^whsec_/);
      await page.keyboard.press('Escape');
      await page.getByTestId('test-webhook').click();
      await expect
        .poll(() => page.getByTestId('delivery').first().getAttribute('data-state'), { timeout: 15_000 })
        .toBe('failed');
      await shot('webhooks');
      await page.getByTestId('remove-webhook').click();
      await page.getByTestId('confirm-remove-webhook').click();
      await expect.poll(() => page.getByTestId('webhook').count()).toBe(0);
      await context.close();
    },
    60_000,
  );

  test.each(screens)(
    'links come back from a file, and each of several people gets one ($name)',
    async (screen) => {
      await owner.links.createLink({ body: { ...target, label: 'to be kept' } });
      const context = await ownersContext(screen);
      const page = await context.newPage();
      const exported = await owner.fetch('/api/links/export?format=csv');
      await page.goto('/app/links');
      await page.getByTestId('import-file').setInputFiles({
        name: 'links.csv',
        mimeType: 'text/csv',
        buffer: Buffer.from(await exported.arrayBuffer()),
      });
      await page.getByTestId('import-report').waitFor();
      const before = (await owner.links.listLinks({})).items.length;
      await page.goto(`/app/videos/${target.videoId}`);
      await page.getByTestId('share').first().click();
      await page.getByTestId('for-each').click();
      await page.getByTestId('recipients').fill('민수, Lee');
      await page.getByTestId('make-for-each').click();
      await until(
        () => owner.links.listLinks({}),
        ({ items }) => items.length === before + 2,
        ({ items }) => `${items.length} links`,
      );
      if (shots) await page.screenshot({ path: join(shots, `share-${screen.name}.png`) });
      await page.getByTestId('link-options').click();
      if (shots) await page.screenshot({ path: join(shots, `share-options-${screen.name}.png`) });
      await context.close();
    },
    60_000,
  );
});
