import { describe, expect, test } from 'vitest';
import { mediaProcesses } from '../media-processes.ts';
import { seriousViolations } from './axe.ts';
import { chromiumPath, type Screen, screens } from './chromium.ts';
import { openScreening, timeOf, watch } from './screening.ts';
import { openAs } from './signed-in.ts';

/** The player in a real browser: what it shows, what its keys do, and what it survives. */

const SECONDS = 40;
const [phone, desktop] = screens as readonly [Screen, Screen];
/** Long enough for a machine that has much else to do. */
const patience = { timeout: 20_000 };
const screening = openScreening({ seconds: SECONDS }, async ({ id, person, server }) => {
  const subtitles = 'WEBVTT\n\n00:00.000 --> 00:40.000\n파도 소리 <script>alert(1)</script>\n';
  for (const [language, body] of [
    ['ko', subtitles],
    ['en', subtitles.replace('파도 소리', 'waves')],
  ]) {
    const path = `${server.url}/videos/${id}/subtitles?language=${language}`;
    expect((await person.fetch(path, { method: 'POST', body })).status).toBe(201);
  }
});

describe.runIf(chromiumPath)('the player', () => {
  test('shows thumbnails on its time line and captions in the picture', { timeout: 90_000 }, async () => {
    const { page, player, close } = await watch(screening);
    const line = (await page.locator('media-time-range').boundingBox())!;
    const thumbnail = page.locator('media-time-range media-preview-thumbnail');
    let x = 0.5;
    await expect
      .poll(async () => {
        x += 0.001;
        await page.mouse.move(line.x + line.width * x, line.y + line.height / 2);
        return thumbnail.evaluate((element) => element.shadowRoot?.querySelector('img')?.naturalWidth ?? 0);
      }, patience)
      .toBeGreaterThan(1000); // a sheet, of which it shows a part

    const shown = () =>
      player.evaluate((element: HTMLVideoElement) =>
        [...element.textTracks]
          .filter(({ kind, mode }) => kind === 'subtitles' && mode === 'showing')
          .flatMap(({ activeCues }) => [...(activeCues ?? [])].map((cue) => (cue as VTTCue).text)),
      );
    // none of the browser's own choice: these are in the language of its page
    expect(await shown()).toEqual([]);
    await page.getByTestId('captions').click();
    await expect.poll(async () => (await shown()).join()).toContain('파도 소리');
    expect(await shown()).not.toContain('<script');
    await page.keyboard.press('c');
    await expect.poll(shown, patience).toEqual([]);
    await close();
  });

  test('is driven by keys and by its menu', { timeout: 90_000 }, async () => {
    const { page, player, time, reaches, close } = await watch(screening);
    const state = (name: 'paused' | 'muted' | 'playbackRate') =>
      player.evaluate((element: HTMLVideoElement, key) => element[key], name);
    await page.keyboard.press('k');
    expect(await state('paused')).toBe(true);
    await page.keyboard.press('5');
    await expect.poll(time, patience).toBeCloseTo(SECONDS / 2, 0);
    await page.keyboard.press('l');
    await expect.poll(time, patience).toBeCloseTo(SECONDS / 2 + 10, 0);
    await page.keyboard.press('ArrowLeft');
    await expect.poll(time, patience).toBeCloseTo(SECONDS / 2 + 5, 0);
    await page.keyboard.press('m');
    expect(await state('muted')).toBe(true);
    await page.keyboard.press('>');
    await expect.poll(() => state('playbackRate'), patience).toBe(1.25);
    await page.keyboard.press('?');
    await page.getByTestId('keys-help').waitFor();
    await page.keyboard.press('Escape');
    await page.getByTestId('keys-help').waitFor({ state: 'detached' });

    await page.getByTestId('player-settings').focus();
    await page.keyboard.press('Enter');
    await page.getByTestId('setting-speed').waitFor();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => page.evaluate(() => document.activeElement?.ariaChecked), patience).toBe('true');
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    await expect.poll(() => state('playbackRate'), patience).toBe(2);
    expect(await page.evaluate(() => document.activeElement?.getAttribute('data-testid'))).toBe(
      'player-settings',
    );

    // both the speed and the place are there again the next time
    await page.reload();
    await page.getByTestId('resumed').waitFor();
    await reaches(SECONDS / 2);
    expect(await state('playbackRate')).toBe(2);
    await page.getByTestId('from-start').click();
    await expect.poll(time, patience).toBeLessThan(10);
    await close();
  });

  test('goes forward by two taps on a phone', { timeout: 90_000 }, async () => {
    const { page, player, time, close } = await watch(screening, { screen: phone });
    const box = (await player.boundingBox())!;
    const before = await time();
    for (let tap = 0; tap < 2; tap++) {
      await page.touchscreen.tap(box.x + box.width * 0.85, box.y + box.height * 0.4);
    }
    await expect.poll(time, patience).toBeGreaterThan(before + 9);
    expect(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)).toBe(false);
    await close();
  });

  test('survives a storm of seeks', { timeout: 90_000 }, async () => {
    const { player, time, reaches, close } = await watch(screening);
    await player.evaluate(async (element: HTMLVideoElement, seconds) => {
      for (let i = 0; i < 60; i++) {
        element.currentTime = ((i * 7919) % (seconds * 10 - 50)) / 10;
        await new Promise((resolve) => setTimeout(resolve, 40));
      }
      element.currentTime = 20;
      await element.play();
    }, SECONDS);
    await reaches(21);
    expect(await time()).toBeLessThan(30);
    expect(await player.evaluate((element: HTMLVideoElement) => element.error)).toBeNull();
    await close();
  });

  test('goes on where it was when the media server is killed', { timeout: 90_000 }, async () => {
    const { player, time, reaches, close } = await watch(screening);
    await reaches(2);
    const at = await time();
    process.kill(mediaProcesses(screening.product.data)[0] as number, 'SIGKILL');
    await player.evaluate((element: HTMLVideoElement) => {
      element.currentTime = 30; // which is not in the buffer
    });
    await reaches(31, 45_000);
    expect(at).toBeLessThan(30);
    await close();
  });

  test.each(['ko-KR', 'en-US'] as const)(
    'has no serious fault for assistive technology (%s)',
    { timeout: 90_000 },
    async (locale) => {
      const { browser, product, video } = screening;
      const context = await openAs(browser, { ...desktop, locale }, product, video.person);
      const page = await context.newPage();
      for (const address of [video.url, `/app/videos/${video.id}`]) {
        await page.goto(address);
        await page.getByTestId('video').waitFor();
        await page.getByTestId('player-settings').click();
        await page.getByTestId('setting-speed').waitFor();
        expect(await seriousViolations(page), address).toEqual([]);
      }
      await context.close();
    },
  );

  test('says so where its words do not come, and is there when they do', { timeout: 60_000 }, async () => {
    const { browser, product, video } = screening;
    const context = await openAs(browser, desktop, product, video.person);
    const page = await context.newPage();
    const words = /\/(shared|texts)-[^/]+\.js$/;
    for (const [address, there] of [
      [video.url, 'video'],
      ['/app/server', 'video-card'],
    ] as const) {
      await page.route(words, (route) => route.abort());
      await page.goto(address);
      await page.getByTestId('reload').waitFor();
      await page.unroute(words);
      await page.getByTestId('reload').click();
      await page.getByTestId(there).first().waitFor();
    }
    await context.close();
  });

  test('gives the owner the frame that is shown as a poster', { timeout: 90_000 }, async () => {
    const { browser, product, video } = screening;
    const context = await openAs(browser, desktop, product, video.person);
    const page = await context.newPage();
    const words = new Set<string>();
    page.on('request', (request) => /\/texts-[^/]+\.js$/.test(request.url()) && words.add(request.url()));
    await page.goto(`/app/videos/${video.id}`);
    const { time, reaches } = timeOf(page.getByTestId('video'));
    await reaches(0.5);
    expect(words.size).toBe(1); // those of the other language have not come
    await page.getByTestId('poster-menu').click();
    await page.getByTestId('poster-frame').click();
    await page.getByTestId('toast').first().waitFor();
    const { posterBy } = await video.person.media(video.server).getVideo({ params: { id: video.id } });
    expect(posterBy).toBe('owner');

    // another language gives the controls other words, and the video goes on
    const at = await time();
    await page.getByTestId('language-menu').click();
    await page.getByTestId('language-ko').click();
    await page.locator('html[lang=ko]').waitFor();
    await reaches(at);
    expect(words.size).toBe(2);
    expect(await page.locator('media-time-display').getAttribute('aria-label')).toMatch(/[가-힣]/);

    await page.goto('/app/server');
    const card = page.getByTestId('video-card').first();
    const box = (await card.locator('a').first().boundingBox())!;
    let x = box.x + 20;
    await expect
      .poll(async () => {
        x += 2;
        await page.mouse.move(x, box.y + box.height / 2);
        return card.getByTestId('hover-preview').count();
      }, patience)
      .toBe(1);
    await context.close();
  });
});
