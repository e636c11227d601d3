import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { selfSigned } from '../../services/gateway/src/testing/self-signed.ts';
import { chromiumPath, launchChromium, openContext, screens } from '../browser/chromium.ts';
import { film, shareFilm } from '../browser/shared-video.ts';
import { openAs } from '../browser/signed-in.ts';
import { password, until } from '../person.ts';
import { freePorts } from '../ports.ts';
import { type Product, startProduct, type Topology, topologies } from '../product.ts';

/** The whole product behind its own https, with a certificate that nobody but this test trusts. */

let browser: Browser | undefined;
let product: Product | undefined;
const closers: (() => unknown)[] = [];
beforeAll(async () => {
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'; // for the calls of this process
  if (chromiumPath) browser = await launchChromium();
});
afterEach(async () => {
  await product?.stop();
  product = undefined;
  for (const close of closers.splice(0).reverse()) await close();
});
afterAll(() => browser?.close());

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ptsdly-https-'));
  closers.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const shapes: readonly Topology[] = process.env.LAB_FULL ? topologies : ['one process'];

test.runIf(chromiumPath).each(shapes)(
  'in Chromium over HTTP/2, %s: sign up, the cookie of this host alone, play, revoke',
  async (topology) => {
    const folder = await temporaryFolder();
    const { cert, key } = selfSigned();
    const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    await writeFile(certFile, cert);
    await writeFile(keyFile, key);
    const [port = 0, httpPort = 0] = await freePorts(2);
    product = await startProduct({
      topology,
      env: {
        PORT: String(port),
        PTSDLY_URL: `https://localhost:${port}`,
        PTSDLY_TLS_CERT: certFile,
        PTSDLY_TLS_KEY: keyFile,
        PTSDLY_HTTP_PORT: String(httpPort),
      },
    });
    const [screen] = screens;
    if (!browser || !screen) throw new Error('there is no browser');
    const context = await openContext(browser, screen, product.url, { ignoreHTTPSErrors: true });
    const page = await context.newPage();
    await page.goto(`http://localhost:${httpPort}/`); // plain HTTP leads to https
    expect(page.url()).toBe(`${product.url}/`);
    const protocol = await page.evaluate(
      () => (performance.getEntriesByType('navigation')[0] as PerformanceNavigationTiming).nextHopProtocol,
    );
    expect(protocol).toBe('h2');
    await page.getByTestId('start').first().click();
    await page.getByTestId('sign-up-name').fill('Kim');
    await page.getByTestId('sign-up-email').fill('kim@example.test');
    await page.getByTestId('sign-up-password').fill(password);
    await page.getByTestId('consent-terms').click();
    await page.getByTestId('consent-privacy').click();
    await page.getByTestId('sign-up-submit').click();
    await page.waitForURL(/\/app/);
    await expect
      .poll(async () => (await context.cookies()).find(({ name }) => name.endsWith('ptsdly')))
      .toMatchObject({ name: '__Host-ptsdly', secure: true, httpOnly: true, path: '/' });
    await context.close();

    const shared = await shareFilm(product, await film(20));
    const friends = await openContext(browser, screen, product.url, { ignoreHTTPSErrors: true });
    const friend = await friends.newPage();
    await friend.goto(shared.url);
    const position = () =>
      friend.getByTestId('video').evaluate((video: HTMLVideoElement) => video.currentTime);
    await expect.poll(position, { timeout: 30_000 }).toBeGreaterThan(2);
    const owners = await openAs(browser, screen, product, shared.person, { ignoreHTTPSErrors: true });
    const mine = await owners.newPage();
    await mine.goto('/app');
    await mine.getByTestId('video-card').first().waitFor();
    const { items } = await shared.person.links.listLinks({ query: {} });
    await shared.person.links.revokeLink({ params: { id: items[0]?.id ?? '' } });
    await friend.getByTestId('watch-message').waitFor({ timeout: 10_000 }); // by its event stream
    await friends.close();
    await owners.close();
  },
);

const pebbleMissing =
  spawnSync('pebble', ['-version']).error && spawnSync('pebble', ['-h']).error
    ? 'skipped: there is no pebble (a certificate authority for tests) on this machine'
    : undefined;
if (pebbleMissing) console.warn(pebbleMissing);

test.skipIf(pebbleMissing)('a certificate comes by ACME, and is kept over a restart', async () => {
  const folder = await temporaryFolder();
  const [port = 0, httpPort = 0, acmePort = 0, managementPort = 0] = await freePorts(4);
  const own = selfSigned();
  const [certificate, privateKey, config] = ['cert.pem', 'key.pem', 'pebble.json'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  await writeFile(certificate, own.cert);
  await writeFile(privateKey, own.key);
  const listenAddress = `127.0.0.1:${acmePort}`;
  const managementListenAddress = `127.0.0.1:${managementPort}`;
  const places = { listenAddress, managementListenAddress, certificate, privateKey, httpPort, tlsPort: port };
  await writeFile(config, JSON.stringify({ pebble: places }));
  const pebble = spawn('pebble', ['-config', config], {
    env: { ...process.env, PEBBLE_VA_NOSLEEP: '1' },
    stdio: 'ignore',
  });
  closers.push(async () => {
    pebble.kill();
    await once(pebble, 'exit');
  });
  const directory = `https://localhost:${acmePort}/dir`;
  await until(
    () =>
      fetch(directory).then(
        ({ status }) => status,
        () => 0,
      ),
    (status) => status === 200,
    () => 'pebble does not answer',
  );
  product = await startProduct({
    env: {
      PORT: String(port),
      PTSDLY_URL: `https://localhost:${port}`,
      PTSDLY_ACME: directory,
      PTSDLY_HTTP_PORT: String(httpPort),
      NODE_EXTRA_CA_CERTS: certificate,
    },
  });
  const issuer = async () => {
    const socket = connectTls({ port, host: 'localhost', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    const { issuer, serialNumber } = socket.getPeerCertificate();
    socket.destroy();
    return `${issuer.CN} ${serialNumber}`;
  };
  const before = await issuer();
  expect(before).toMatch(/^Pebble Intermediate/);
  await product.restart('all');
  expect(await issuer()).toBe(before);
});
