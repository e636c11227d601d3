import { readFile } from 'node:fs/promises';
import { libraryApi, type Server } from '@ptsdly/contract';
import { fixture } from '@ptsdly/packager/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Person } from '../person.ts';
import { type Product, startProduct } from '../product.ts';
import { createUpload, sha256 } from '../tus.ts';
import { seriousViolations } from './axe.ts';
import { chromiumPath, launchChromium, type Screen, screens } from './chromium.ts';
import { newcomer, openAs } from './signed-in.ts';

/** The library by mouse, by keyboard alone and by touch. */

const titles = ['제주 바다', '한라산', '가족 모임', 'Winter', '첫눈', '운동회'];
const [phone, desktop] = screens as [Screen, Screen];
/** For a machine that has other work too. */
const soon = { timeout: 10_000 };
let product: Product;
let browser: Browser;
let clips: Record<string, Buffer>;

beforeAll(async () => {
  const draw = async (name: string, rate: number) => {
    const source = ['-f', 'lavfi', '-i', `testsrc2=s=320x180:r=${rate}:d=4`];
    return readFile(await fixture(name, [...source, '-c:v', 'libx264', '-pix_fmt', 'yuv420p']));
  };
  clips = { 'first.mp4': await draw('library-1.mp4', 25), 'second.mp4': await draw('library-2.mp4', 24) };
  product = await startProduct();
  if (chromiumPath) browser = await launchChromium();
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

/** Somebody with a server, and six videos on it that are still arriving. */
async function owner(): Promise<{ person: Person; server: Server }> {
  const person = await newcomer(product);
  const server = await person.subscribe();
  for (const title of titles) await createUpload(person, server, `${title}.mp4`, 1000);
  return { person, server };
}

async function open(person: Person, screen: Screen): Promise<Page> {
  const context = await openAs(browser, screen, product, person);
  const page = await context.newPage();
  await page.goto('/app/server');
  await card(page, '운동회').waitFor();
  return page;
}

const card = (page: Page, title: string) => page.locator(`[data-testid="video-card"][data-title="${title}"]`);
const shown = (page: Page) =>
  page.getByTestId('video-card').evaluateAll((cards) => cards.map((one) => one.getAttribute('data-title')));

describe.runIf(chromiumPath)('the library', () => {
  test('by mouse: folders, drag, search, tags, trash and undo; another window sees it live', {
    timeout: 120_000,
  }, async () => {
    const { person } = await owner();
    const page = await open(person, desktop);
    const other = await open(person, desktop);
    expect(await seriousViolations(page)).toEqual([]);

    await page.getByTestId('new-folder').click();
    await page.getByTestId('folder-name').fill('여행');
    await page.getByTestId('folder-save').click();
    await other.getByTestId('folder').waitFor();
    await card(page, '제주 바다').hover();
    await card(page, '제주 바다').getByTestId('choose').click();
    await card(page, 'Winter').click({ modifiers: ['ControlOrMeta'] });
    await page.getByTestId('selection').waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await card(page, 'Winter').dragTo(page.getByTestId('folder'));
    for (const one of [page, other]) await expect.poll(() => shown(one), soon).toHaveLength(4);
    await page.getByTestId('toast-action').click();
    for (const one of [page, other]) await expect.poll(() => shown(one), soon).toHaveLength(6);

    await page.keyboard.press('Escape');
    await card(page, '첫눈').getByTestId('video-menu').click();
    await page.getByTestId('menu-tag').click();
    await page.getByTestId('tag-name').fill('겨울');
    await page.keyboard.press('Enter');
    expect(await seriousViolations(page)).toEqual([]);
    await page.getByTestId('tags-save').click();
    await page.getByTestId('search').fill('겨');
    await expect.poll(() => shown(page), soon).toEqual(['첫눈']);
    expect(await card(page, '첫눈').locator('mark').allTextContents()).toEqual(['겨']);
    await card(page, '첫눈').getByTestId('video-menu').click();
    await page.getByTestId('menu-delete').click();
    await expect.poll(() => shown(page), soon).toEqual([]);
    await expect.poll(() => shown(other), soon).toHaveLength(5);

    await page.getByTestId('to-trash').click();
    await card(page, '첫눈').waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await card(page, '첫눈').getByTestId('video-menu').click();
    await page.getByTestId('menu-restore').click();
    await expect.poll(() => shown(other), soon).toHaveLength(6);
    await page.goto('/app/server');
    await card(page, '첫눈').getByTestId('video-menu').click();
    await page.getByTestId('menu-details').click();
    await page.getByTestId('subtitle-input').setInputFiles({
      name: 'snow.srt',
      mimeType: 'text/plain',
      buffer: Buffer.from('1\n00:00:01,000 --> 00:00:02,000\n눈이 온다\n'),
    });
    await page.getByTestId('subtitle').waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByTestId('search').fill('눈이 온');
    await expect.poll(() => shown(page), soon).toEqual(['첫눈']);
    await page.context().close();
    await other.context().close();
  });

  test('another file for a video, its chapters, and a folder that comes back from the trash', {
    timeout: 120_000,
  }, async () => {
    const { person, server } = await owner();
    const calls = person.call(libraryApi, server.url);
    const folder = await calls.createFolder({ body: { name: '여행' } });
    await calls.deleteFolder({ params: { id: folder.id } });
    const file = (name: string) => ({ name, mimeType: 'video/mp4', buffer: clips[name] ?? Buffer.alloc(0) });
    const page = await open(person, desktop);
    await page.getByTestId('file-input').first().setInputFiles(file('first.mp4'));
    await page.locator('[data-title="first"][data-state="playable"]').waitFor();
    await card(page, 'first').getByTestId('video-menu').click();
    await page.getByTestId('menu-replace').click();
    await page.getByTestId('replace-input').setInputFiles(file('second.mp4'));
    await page.locator('[data-testid="upload"][data-state="done"]').nth(1).waitFor();
    await card(page, 'first').getByRole('link').first().click();
    await page.getByTestId('former').waitFor();
    expect(await page.getByTestId('sha256').textContent()).toBe(
      sha256(clips['second.mp4'] ?? Buffer.alloc(0)),
    );
    await page.getByTestId('chapter-add').click();
    await page.getByTestId('chapter-title').fill('Beginning');
    await page.getByTestId('chapter-time').fill('9:00');
    await page.getByTestId('chapters-save').click();
    await page.getByText('after the end').waitFor();
    await page.getByTestId('chapter-time').fill('0:01');
    await page.getByTestId('chapters-save').click();
    await expect.poll(() => page.getByTestId('chapters-save').count(), soon).toBe(0);
    expect(await seriousViolations(page)).toEqual([]);
    await page.getByTestId('former-restore').click();
    await expect
      .poll(() => page.getByTestId('sha256').textContent(), soon)
      .toBe(sha256(clips['first.mp4'] ?? Buffer.alloc(0)));
    await page.goto('/app/trash');
    await page.getByTestId('restore-folder').click();
    await expect.poll(() => page.getByTestId('trashed-folder').count(), soon).toBe(0);
    await page.goto('/app/server');
    await page.getByTestId('folder').waitFor();
    await page.context().close();
  });

  test('by keyboard alone: choose, move, rename, trash', { timeout: 120_000 }, async () => {
    const { person, server } = await owner();
    await person.call(libraryApi, server.url).createFolder({ body: { name: 'Family' } });
    const page = await open(person, desktop);
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('data-title'));
    await tabTo(page, '[role="gridcell"]');
    expect(await focused()).toBe('운동회');
    await press('ArrowRight', 'ArrowRight');
    await expect.poll(focused, soon).toBe('Winter');
    await press('Space', 'Shift+ArrowRight');
    await expect.poll(() => page.locator('[role="gridcell"][aria-selected="true"]').count(), soon).toBe(2);
    await press('Delete');
    await expect.poll(() => shown(page), soon).toHaveLength(4);
    await press('Home', 'F2');
    await page.getByTestId('rename-field').waitFor();
    await page.keyboard.type('Sports day');
    await press('Enter');
    await card(page, 'Sports day').waitFor();
    await tabTo(page, '[role="gridcell"]');
    await press('Control+a');
    await expect.poll(() => page.locator('[role="gridcell"][aria-selected="true"]').count(), soon).toBe(4);
    await tabTo(page, '[data-testid="bulk-move"]');
    await press('Enter');
    await page.getByTestId('places').waitFor();
    await press('ArrowDown');
    await tabTo(page, '[data-testid="move-here"]');
    await press('Enter');
    await expect.poll(() => shown(page), soon).toEqual([]);
    await tabTo(page, '[data-testid="folder"] a');
    await press('Enter');
    await expect.poll(() => shown(page), soon).toHaveLength(4);
    await page.context().close();
  });

  test('by touch, on a phone: a long touch chooses, taps add, the lower edge has what to do', {
    timeout: 120_000,
  }, async () => {
    const { person } = await owner();
    const page = await open(person, phone);
    // a server that was busy when the page came is followed until it is ready
    await page.route(
      '**/api/servers',
      async (route) => {
        const response = await route.fetch();
        const page = (await response.json()) as { items: Server[] };
        const items = page.items.map((server) => ({ ...server, state: 'upgrading' }));
        await route.fulfill({ response, json: { ...page, items } });
      },
      { times: 1 },
    );
    await page.reload();
    await page.locator('[data-testid=server-state][data-state=ready]').waitFor();
    await longTouch(page, '운동회');
    await page.getByTestId('selection').waitFor();
    await card(page, '첫눈').tap();
    await expect.poll(() => page.locator('[role="gridcell"][aria-selected="true"]').count(), soon).toBe(2);
    expect(await seriousViolations(page)).toEqual([]);
    await page.getByTestId('bulk-trash').tap();
    await expect.poll(() => shown(page), soon).toHaveLength(4);
    await page.getByTestId('toast-action').tap();
    await expect.poll(() => shown(page), soon).toHaveLength(6);
    await page.getByTestId('layout').tap();
    await card(page, '운동회').waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    await card(page, '운동회').getByRole('link').first().tap();
    await page.waitForURL(/\/app\/videos\//);
    // the next page is said, and has the focus; so is a network that is gone
    await expect.poll(() => page.getByTestId('page-announcer').textContent(), soon).toBe('운동회');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('content');
    await page.context().setOffline(true);
    await page.getByTestId('offline').waitFor();
    await page.context().setOffline(false);
    await page.getByTestId('offline').waitFor({ state: 'detached' });
    await page.context().close();
  });
});

/** As somebody without a mouse comes to a place. */
async function tabTo(page: Page, selector: string): Promise<void> {
  for (let i = 0; i < 60; i++) {
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not lead to ${selector}`);
}

async function longTouch(page: Page, title: string): Promise<void> {
  const box = await card(page, title).boundingBox();
  const session = await page.context().newCDPSession(page);
  const touchPoints = [{ x: (box?.x ?? 0) + 50, y: (box?.y ?? 0) + 30 }];
  await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints });
  await page.getByTestId('selection').waitFor();
  await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
}
