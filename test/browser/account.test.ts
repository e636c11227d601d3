import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createClient, programApi } from '@ptsdly/contract';
import { Secret, TOTP } from 'otpauth';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { password, until } from '../person.ts';
import { type Product, root, startProduct } from '../product.ts';
import { seriousViolations } from './axe.ts';
import { chromiumPath, launchChromium, openContext, screens } from './chromium.ts';
import { newcomer, openAs } from './signed-in.ts';

/** My page in a real browser: a second factor, a passkey, other devices, a picture, a new password by mail, the end. */

let product: Product;
let browser: Browser;
beforeAll(async () => {
  product = await startProduct();
  if (chromiumPath) browser = await launchChromium();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

const run = promisify(execFile);
/** Long enough for a machine that has much else to do. */
const patience = { timeout: 15_000 };

/** The link with which an address chooses a new password, as the operator reads it; other letters went there too. */
async function letterLink(to: string): Promise<string> {
  const main = join(root, 'ptsdly/src/main.ts');
  const env = { ...process.env, PTSDLY_DATA: product.data };
  const ask = async () => {
    const { stdout } = await run(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', main, 'identity', 'mails'],
      { env },
    );
    const letters = stdout.split('\n').filter((line) => line.startsWith('{'));
    const found = letters.find((line) => line.includes(to) && line.includes('/reset-password#token='));
    return /http\S+?\/reset-password#token=[\w-]+/.exec(found ?? '')?.[0] ?? '';
  };
  return until(
    ask,
    (link) => link !== '',
    () => `no letter to ${to}`,
  );
}

async function signIn(page: Page, email: string, secret = password): Promise<void> {
  await page.goto('/app/sign-in?next=/app/me');
  await page.getByTestId('sign-in-email').fill(email);
  await page.getByTestId('sign-in-password').fill(secret);
  await page.getByTestId('sign-in-submit').click();
}

async function prove(page: Page): Promise<void> {
  await page.getByTestId('proof-password').fill(password);
  await page.getByTestId('proof-submit').click();
}

/** The recovery codes that are shown, this once. */
async function keepCodes(page: Page): Promise<string[]> {
  const shown = await page.getByTestId('recovery-codes').textContent();
  await page.getByTestId('codes-kept').click();
  return (shown ?? '').trim().split(/\s+/);
}

describe.runIf(chromiumPath)('my page', () => {
  test.each(screens)('on a $name', { timeout: 120_000 }, async (screen) => {
    const person = await newcomer(product);
    const email = String((await person.identity.me({})).email);
    const context = await openAs(browser, screen, product, person);
    context.setDefaultTimeout(15_000);
    const page = await context.newPage();
    await page.goto('/app/me');

    await page.getByTestId('second-factor').click();
    await prove(page);
    const secret = (await page.getByTestId('totp-secret').textContent()) ?? '';
    const totp = new TOTP({ secret: Secret.fromBase32(secret.trim()) });
    await page.getByTestId('first-code').fill(totp.generate());
    await page.getByTestId('first-code-submit').click();
    const firstCodes = await keepCodes(page);
    await page.locator('[data-testid=second-factor-state][data-on=true]').waitFor();
    await page.getByTestId('renew-codes').click();
    await prove(page);
    const codes = await keepCodes(page);
    expect(codes).toHaveLength(10);
    expect(firstCodes).not.toContain(codes[0]);

    const session = await context.newCDPSession(page);
    await session.send('WebAuthn.enable');
    const options = {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
    } as const;
    await session.send('WebAuthn.addVirtualAuthenticator', {
      options: { ...options, isUserVerified: true, automaticPresenceSimulation: true },
    });
    await page.getByTestId('add-passkey').click();
    await page.getByTestId('passkey-name').fill('Phone');
    await prove(page);
    await page.getByTestId('passkey-row').waitFor();
    await page.getByTestId('sign-out').click();
    await page.waitForURL((url) => url.pathname === '/');
    await page.goto('/app/sign-in?next=/app/me');
    await page.getByTestId('sign-in-passkey').click();
    await page.getByTestId('me-email').waitFor();

    await page.getByTestId('passkey-row').getByRole('button').click();
    await page.getByTestId('proof-password').fill('not that one');
    await page.getByTestId('proof-submit').click();
    await page.locator('[data-testid=problem][data-code=invalid_credentials]').waitFor();
    await prove(page);
    await page.getByTestId('passkey-row').waitFor({ state: 'detached' });

    const elsewhere = await openContext(browser, screen, product.url);
    elsewhere.setDefaultTimeout(15_000);
    const other = await elsewhere.newPage();
    await signIn(other, email);
    await other.getByTestId('second-factor-code').fill(codes[0] ?? '');
    await other.getByTestId('second-factor-submit').click();
    await other.getByTestId('me-email').waitFor();
    await page.reload();
    await expect.poll(() => page.getByTestId('session-row').count(), patience).toBe(2);
    await page.getByTestId('end-others').click();
    await page.getByTestId('confirm-end-others').click();
    await expect.poll(() => page.getByTestId('session-row').count(), patience).toBe(1);
    await until(
      async () => (await other.request.get('/api/me')).status(),
      (status) => status === 401,
      (status) => `the other device is still answered ${status}`,
      6,
    );

    const chooser = page.waitForEvent('filechooser');
    await page.getByTestId('choose-picture').click();
    await (await chooser).setFiles({
      name: 'me.png',
      mimeType: 'image/png',
      buffer: await page.screenshot(),
    });
    await page.getByTestId('my-picture').waitFor();

    await other.goto('/app/forgot-password');
    await other.getByTestId('forgot-email').fill(email);
    await other.getByTestId('forgot-submit').click();
    await other.goto(await letterLink(email));
    await other.getByTestId('reset-password').fill('seven quiet harbours');
    await other.getByTestId('reset-submit').click();
    await other.waitForSelector('a[href="/app/sign-in"]');
    await until(
      async () => (await page.request.get('/api/me')).status(),
      (status) => status === 401,
      () => 'a session outlived the new password',
      6,
    );
    await signIn(other, email, 'seven quiet harbours');
    await other.getByTestId('me-email').or(other.getByTestId('second-factor-code')).first().waitFor();
    await elsewhere.close();
    await context.close();
  });

  test('a program is let in by its code, and another one refused', { timeout: 60_000 }, async () => {
    for (const screen of screens) {
      const context = await openAs(browser, screen, product, await newcomer(product));
      context.setDefaultTimeout(15_000);
      const page = await context.newPage();
      const client = createClient(programApi, { baseUrl: product.url, fetch: (request) => fetch(request) });
      const begin = () => client.beginDeviceGrant({ body: { name: 'laptop', scopes: ['videos:write'] } });
      const grant = await begin();
      await page.goto('/app/device');
      await page.getByTestId('device-code').fill('BBBB BBBB');
      await page.getByTestId('device-next').click();
      await page.locator('[data-testid=problem][data-code=wrong_code]').waitFor();
      await page.getByTestId('device-code').fill(grant.userCode.toLowerCase());
      await page.getByTestId('device-next').click();
      await page.getByTestId('device-wishes').waitFor();
      expect(await seriousViolations(page)).toEqual([]);
      await page.getByTestId('device-approve').click();
      await page.getByTestId('device-approve').waitFor({ state: 'detached' });
      const { deviceCode } = grant;
      expect((await client.redeemDeviceGrant({ body: { deviceCode } })).scopes).toEqual(['videos:write']);
      await page.goto('/app/me');
      await page.getByTestId('session-row').filter({ hasText: 'laptop' }).waitFor();

      const unwanted = await begin();
      await page.goto(unwanted.verificationUrlComplete);
      await page.getByTestId('device-next').click();
      await page.getByTestId('device-refuse').click();
      await page.getByTestId('device-refuse').waitFor({ state: 'detached' });
      const refused = client.redeemDeviceGrant({ body: { deviceCode: unwanted.deviceCode } });
      await expect(refused).rejects.toMatchObject({ code: 'access_denied' });
      await context.close();
    }
  });
});
