import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { CallInput, mediaApi, Server } from '@ptsdly/contract';
import type { Page } from 'playwright-core';
import { chromiumPath, launchChromium, openContext, screens } from '../test/browser/chromium.ts';
import { Person, password } from '../test/person.ts';
import { startProduct } from '../test/product.ts';
import { createUpload } from '../test/tus.ts';
import { traceFrames } from './frames.ts';
import type { Measurement } from './report.ts';
import { subscribe } from './subscriber.ts';

const VIDEOS = 10_000;
const ROUNDS = 20;

/** A library of ten thousand videos: its lists and searches through the gateway, and its page in a browser. */
export async function library(): Promise<Measurement[]> {
  const data = await mkdtemp(join(tmpdir(), 'ptsdly-library-'));
  try {
    const email = await makeLibrary(data);
    const product = await startProduct({ env: { PTSDLY_DATA: data } });
    try {
      const person = new Person(product.url);
      await person.identity.signIn({ body: { email, password } });
      const [server] = (await person.subscriptions.listServers({})).items;
      if (!server) throw new Error('there is no server');
      await person.ready(server.id);
      const lists = await measureLists(person, server);
      return chromiumPath ? [...lists, ...(await measurePage(product.url, person))] : lists;
    } finally {
      await product.stop();
    }
  } finally {
    await rm(data, { recursive: true, force: true });
  }
}

/** Made by the product, and then multiplied in the database of the server while nobody has it open. */
async function makeLibrary(data: string): Promise<string> {
  const product = await startProduct({ env: { PTSDLY_DATA: data } });
  let email: string;
  try {
    const { person, server } = await subscribe(product);
    email = String((await person.identity.me({})).email);
    const { documents: body } = await person.identity.authOptions({});
    await person.identity.putConsents({ body });
    await createUpload(person, server, '제주 바다.mp4', 1000);
  } finally {
    await product.stop();
  }
  const files = await readdir(join(data, 'servers'), { recursive: true });
  const file = files.find((name) => name.endsWith('media.db'));
  if (!file) throw new Error('the media server has no database');
  multiply(join(data, 'servers', file));
  return email;
}

function multiply(path: string): void {
  const db = new DatabaseSync(path);
  const columns = db
    .prepare('select name from pragma_table_info(?)')
    .all('videos')
    .map(({ name }) => String(name));
  const own: Readonly<Record<string, string>> = {
    id: "'01900000-0000-7000-8000-' || printf('%012d', n)",
    file_id: "'01900000-0000-7000-8000-' || printf('%012d', n)",
    title: "'제주 바다 ' || n",
    title_key: "'제주 바다 ' || printf('%05d', n)",
    search_text: `'제주 바다 ' || n || char(10) || '${'여름에 찍은 바다와 사람들 '.repeat(20)}'`,
    upload: "'complete'",
    sha256: "printf('%064d', n)",
    playable: '1',
    duration: 'n % 5000',
    tags: `'["바다","제주"]'`,
  };
  const values = columns.map((name) => own[name] ?? name).join(', ');
  db.exec(`with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${VIDEOS - 1})
    insert into videos (${columns.join(', ')}) select ${values} from numbers, (select * from videos limit 1)`);
  db.close();
}

type Query = NonNullable<CallInput<typeof mediaApi.listVideos>['query']>;

async function measureLists(person: Person, server: Server): Promise<Measurement[]> {
  const cases: Readonly<Record<string, Query>> = {
    'list-first-page': {},
    'list-jump-by-title': { sort: 'title', offset: 9000 },
    'search-one-word': { search: '바다 777' },
    'search-nothing': { search: 'nowhere' },
  };
  const measured: Measurement[] = [];
  for (const [name, query] of Object.entries(cases)) {
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const started = performance.now();
      await person.media(server).listVideos({ query: { limit: 60, ...query } });
      times.push(performance.now() - started);
    }
    measured.push(measurement(name, median(times), 'median of 20 calls through the gateway'));
  }
  return measured;
}

async function measurePage(url: string, person: Person): Promise<Measurement[]> {
  const browser = await launchChromium();
  try {
    const screen = screens[1];
    if (!screen) return [];
    const context = await openContext(browser, screen, url);
    const cookies = person.cookie.split('; ').map((pair) => pair.split(/=(.*)/s));
    await context.addCookies(cookies.map(([name = '', value = '']) => ({ name, value, url })));
    const page = await context.newPage();
    const paints: number[] = [];
    for (let round = 0; round < 5; round++) {
      const started = performance.now();
      await page.goto('/app/server', { waitUntil: 'commit' });
      await page.getByTestId('video-title').first().waitFor();
      paints.push(performance.now() - started);
    }
    const session = await context.newCDPSession(page);
    let frames: number[] = [];
    const { work } = await traceFrames(session, async () => {
      frames = await scroll(page);
    });
    const state = 'Chromium without a GPU, 1280 × 800';
    return [
      measurement('first-cards', median(paints), `from the click to the first cards; ${state}`),
      measurement('scroll-work-median', median(work), `processor time of the page for each frame; ${state}`),
      measurement('scroll-work-p95', at(work, 0.95), `processor time of the page for each frame; ${state}`),
      measurement('scroll-frame-median', median(frames), `wheel through 10,000 videos; ${state}`),
      measurement('scroll-frame-p95', at(frames, 0.95), `wheel through 10,000 videos; ${state}`),
    ];
  } finally {
    await browser.close();
  }
}

/** Milliseconds between the frames of a page that is scrolled from its top to its end. */
function scroll(page: Page): Promise<number[]> {
  return page.evaluate(async () => {
    const frames: number[] = [];
    let last = performance.now();
    const end = () => document.documentElement.scrollHeight - innerHeight;
    for (let step = 0; step < 300 && scrollY < end() - 1; step++) {
      scrollBy(0, step < 150 ? 240 : end() / 150);
      const now = await new Promise<number>(requestAnimationFrame);
      frames.push(now - last);
      last = now;
    }
    return frames.slice(1);
  });
}

const at = (values: readonly number[], part: number) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * part)] ?? Number.NaN;
const median = (values: readonly number[]) => at(values, 0.5);

const measurement = (name: string, ms: number, state: string): Measurement => ({
  ...{ case: name, value: ms / 1000, unit: 's' },
  conditions: { videos: VIDEOS, state },
});
