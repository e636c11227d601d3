import { once } from 'node:events';
import {
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Event } from '@ptsdly/contract';
import { Bell, Feed } from '@ptsdly/kit';
import { afterEach, expect, test } from 'vitest';
import { openRig, openUpstream, type Rig } from './testing/rig.ts';

let rig: Rig | undefined;
let server: Server | undefined;
let feed: Feed | undefined;
afterEach(async () => {
  feed?.close();
  await rig?.close();
  server?.closeAllConnections();
  server?.close();
});

/** A media server, and a feed of links. */
async function open(answer: RequestListener = (_, response) => play(response)) {
  const bell = new Bell();
  const events: Event[] = [];
  const read = async (after: number, limit: number) =>
    events.filter(({ seq }) => seq > after).slice(0, limit);
  const links = new Feed({ read }, bell);
  feed = links;
  const asked: (string | null)[] = [];
  const upstream = await openUpstream(answer);
  server = upstream.server;
  const fetch = async (request: Request) => {
    const query = new URL(request.url).searchParams;
    asked.push(query.get('after'));
    const after = query.get('after') === 'end' ? 'end' : Number(query.get('after'));
    return Response.json(await links.page({ after, limit: 10, wait: Number(query.get('wait')) }));
  };
  rig = await openRig({ subscriptions: upstream.subscriptions }, undefined, { links: { fetch } });
  await expect.poll(() => asked.length).toBeGreaterThan(1); // what comes from now on is heard
  const tell = (change: { linkId: string; epoch: number; revoked?: boolean; serverId?: string }) => {
    const data = { type: 'link.changed', serverId: 's1', videoId: 'v', revoked: false, ...change } as const;
    events.push({ seq: events.length + 1, at: new Date().toISOString(), data });
    bell.ring();
  };
  return { tell };
}

/** Goes on sending whatever happens. */
function play(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'video/mp4' });
  const piece = Buffer.alloc(64 * 1024);
  const more = () => {
    while (!response.destroyed && response.write(piece));
    if (!response.destroyed) response.once('drain', more);
  };
  more();
}

const tokenOf = (claims: object) => `${Buffer.from(JSON.stringify(claims)).toString('base64url')}.mac`;

/** A viewer who reads a little and then nothing. */
async function view(token: string) {
  const url = `${rig?.url}/m/abc/s/${token}/video.mp4`;
  const request = httpRequest(url, { agent: false, headers: { host: 'ptsd.test' } });
  const ended = new Promise<string | undefined>((resolve) => {
    request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    request.once('response', (answer: IncomingMessage) => {
      answer.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    });
  });
  const [answer] = (await once(request.end(), 'response')) as [IncomingMessage];
  await once(answer, 'readable');
  return { answer, ended };
}

test('the end of a link ends what is on its way to a viewer who reads slowly, whatever its server does', async () => {
  const { tell } = await open();
  const viewer = await view(tokenOf({ l: 'link', e: 1 }));
  tell({ linkId: 'link', epoch: 2, revoked: true });
  let rest = 0;
  viewer.answer.on('data', (chunk: Buffer) => {
    rest += chunk.length;
  });
  expect(await viewer.ended).toBe('ECONNRESET');
  expect(rest).toBeLessThan(16_000_000); // what had reached the viewer's own system
});

test('another link, another server, the owner and a newer epoch play on', async () => {
  const { tell } = await open();
  const claims = [{ l: 'other', e: 1 }, { s: 'sid' }, { l: 'link', e: 2 }, { l: 'link', e: 1 }];
  const viewers = await Promise.all(claims.map((each) => view(tokenOf(each))));
  tell({ linkId: 'link', epoch: 9, serverId: 's2' });
  tell({ linkId: 'link', epoch: 2 });
  const last = viewers.pop();
  last?.answer.resume();
  expect(await last?.ended).toBe('ECONNRESET');
  for (const { answer } of viewers) {
    let more = 0;
    answer.on('data', (chunk: Buffer) => {
      more += chunk.length;
    });
    await expect.poll(() => more).toBeGreaterThan(20_000_000);
    answer.destroy();
  }
});

test('what has not begun when its link ends is refused, and a refusal on its way arrives', async () => {
  const waiting = new Map<string, ServerResponse>();
  const { tell } = await open(({ url = '' }, response) => waiting.set(url.replace(/.*\//, ''), response));
  const token = tokenOf({ l: 'link', e: 1 });
  const ask = (piece: string) => fetch(`${rig?.url}/m/abc/s/${token}/${piece}`);
  const unbegun = ask('unbegun');
  const refusal = ask('refusal');
  const viewing = view(token);
  await expect.poll(() => waiting.size).toBe(3);
  const answer = (piece: string) => waiting.get(piece) as ServerResponse;
  answer('refusal').writeHead(410, { 'content-length': '5' }).write('it ');
  const refused = await refusal;
  play(answer('video.mp4'));
  const shown = await viewing;
  tell({ linkId: 'link', epoch: 2, revoked: true });
  expect(await shown.ended).toBe('ECONNRESET'); // so the gateway has heard of the end
  answer('refusal').end('is');
  expect(await refused.text()).toBe('it is');
  play(answer('unbegun'));
  const late = await unbegun;
  expect([late.status, await late.json()]).toMatchObject([410, { code: 'session_ended' }]);
});
