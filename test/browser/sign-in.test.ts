import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GoogleStandIn, openGoogle } from '../../services/identity/src/testing/google.ts';
import { type KakaoStandIn, mina, openKakao } from '../../services/identity/src/testing/kakao.ts';
import { freePorts } from '../ports.ts';
import { type Product, startProduct } from '../product.ts';
import { chromiumPath, launchChromium, openContext, type Screen, screens } from './chromium.ts';

/** Signing in with Google and Kakao through the real pages: ours in Chromium, theirs by stand-ins on the network. */

let product: Product;
let browser: Browser;
let google: GoogleStandIn;
let kakao: KakaoStandIn;

beforeAll(async () => {
  const client = { clientId: 'google-app', clientSecret: 'google-secret' };
  const [port = 0] = await freePorts(1);
  const origin = `http://localhost:${port}`;
  google = await openGoogle({ ...client, redirectUri: `${origin}/api/auth/callback/google` });
  kakao = await openKakao();
  product = await startProduct({
    env: {
      PORT: String(port),
      PTSDLY_GOOGLE_CLIENT_ID: client.clientId,
      PTSDLY_GOOGLE_CLIENT_SECRET: client.clientSecret,
      PTSDLY_GOOGLE_ISSUER: google.url,
      PTSDLY_KAKAO_CLIENT_ID: 'kakao-app',
      PTSDLY_KAKAO_ISSUER: kakao.url,
      PTSDLY_KAKAO_API: kakao.url,
    },
  });
  if (chromiumPath) browser = await launchChromium();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await product?.stop();
  await google?.close();
  await kakao?.close();
});

const screen = screens[0] as Screen;
async function open(userAgent?: string): Promise<{ context: BrowserContext; page: Page }> {
  const context = userAgent
    ? await browser.newContext({ baseURL: product.url, userAgent, locale: screen.locale })
    : await openContext(browser, screen, product.url);
  context.setDefaultTimeout(8000);
  return { context, page: await context.newPage() };
}

/** The stand-in's own pages: a name, then consent. */
async function atGoogle(page: Page, who: string): Promise<void> {
  await page.getByPlaceholder('Enter any login').fill(who);
  await page.getByPlaceholder('and password').fill('anything');
  await page.getByRole('button', { name: 'Sign-in' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
}

async function accept(page: Page): Promise<void> {
  await page.getByTestId('consent-terms').click();
  await page.getByTestId('consent-privacy').click();
  await page.getByTestId('consent-submit').click();
}

const trouble = (page: Page) => page.getByTestId('sign-in-trouble');

describe.runIf(chromiumPath)('signing in with a provider', () => {
  test('Google makes an account the first time and finds it the second', { timeout: 60_000 }, async () => {
    const { context, page } = await open();
    await page.goto('/app/sign-in?next=/app/me');
    await page.getByTestId('sign-in-google').click();
    await atGoogle(page, 'jun');
    await page.waitForURL(/\/app\/me/);
    await accept(page);
    expect(await page.getByTestId('me-email').textContent()).toBe('jun@example.com');
    await context.close();

    const again = await open();
    await again.page.goto('/app/sign-in?next=/app/me');
    await again.page.getByTestId('sign-in-google').click();
    await atGoogle(again.page, 'jun');
    await again.page.getByTestId('me-email').waitFor();
    expect(await again.page.getByTestId('consent-submit').count()).toBe(0);
    await again.context.close();
  });

  test('Kakao without an e-mail address, and another way in linked on my page', {
    timeout: 60_000,
  }, async () => {
    kakao.person = { id: 77, account: { profile: { nickname: '하늘' } } };
    const { context, page } = await open();
    await page.goto('/app/sign-in?next=/app/me');
    await page.getByTestId('sign-in-kakao').click();
    await page.locator('#agree').click();
    await page.waitForURL(/\/app\/me/);
    await accept(page);
    await page.getByTestId('provider-google').waitFor();
    expect(await page.getByTestId('unlink-kakao').count()).toBe(0);
    await page.getByTestId('link-google').click();
    await atGoogle(page, 'haneul');
    await page.locator('[data-testid=provider-google][data-linked=true]').waitFor();
    await page.getByTestId('unlink-kakao').click();
    await page.getByTestId('proof-submit').click(); // signed in just now, and without a password
    await page.locator('[data-testid=provider-kakao][data-linked=false]').waitFor();
    await context.close();
    kakao.person = mina;
  });

  test('cancelling, and a provider that is away, leave a page that says how to go on', {
    timeout: 60_000,
  }, async () => {
    const { context, page } = await open();
    await page.goto('/app/sign-in');
    await page.getByTestId('sign-in-kakao').click();
    await page.locator('#cancel').click();
    await trouble(page).waitFor();
    expect(await trouble(page).textContent()).toContain('취소');
    await page.getByTestId('sign-in-google').click();
    await page
      .getByText(/Cancel|Abort/)
      .first()
      .click();
    await trouble(page).waitFor();
    await page.getByTestId('sign-in-kakao').click();
    await page.locator('#agree').waitFor();
    kakao.fault = 'away';
    await page.locator('#agree').click();
    await trouble(page).waitFor();
    expect(await trouble(page).textContent()).toContain('답하지 않아요');
    kakao.fault = undefined;
    await context.close();
  });

  test('inside KakaoTalk, Google is opened in the browser of the system', { timeout: 30_000 }, async () => {
    const { context, page } = await open('Mozilla/5.0 (iPhone; CPU iPhone OS 18_5) KAKAOTALK 25.8.1');
    await page.goto('/app/sign-in');
    await page.getByTestId('sign-in-google').click();
    await page.getByTestId('open-outside').waitFor();
    await context.close();
  });
});
