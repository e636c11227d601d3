import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { testFolder } from '../../testing/service.ts';
import { answersHealth } from './health.ts';

const folder = testFolder();
const socket = join(folder.path, 'media.sock');
let answer: { status: number; body: string };
const server = createServer((_, response) => response.writeHead(answer.status).end(answer.body));

beforeEach(() => new Promise<void>((resolve) => server.listen(socket, resolve)));
afterEach(() => new Promise((resolve) => server.close(resolve)));

const healthy = { status: 200, body: JSON.stringify({ serverId: 'one', generation: 2 }) };

test('only the server that was asked for, in the generation that was asked for, counts', async () => {
  answer = healthy;
  expect(await answersHealth(socket, 'one', 2)).toBe(true);
  expect(await answersHealth(socket, 'two', 2)).toBe(false);
  expect(await answersHealth(socket, 'one', 3)).toBe(false);
});

test.each([
  ['an error', { ...healthy, status: 503 }],
  ['no JSON', { status: 200, body: 'ok' }],
  ['other JSON', { status: 200, body: '{"status":"ok"}' }],
  ['an endless answer', { status: 200, body: ' '.repeat(100_000) + healthy.body }],
])('%s is no health', async (_, given) => {
  answer = given;
  expect(await answersHealth(socket, 'one', 2)).toBe(false);
});

test('where nobody listens nobody is healthy', async () => {
  expect(await answersHealth(join(folder.path, 'nobody.sock'), 'one', 2)).toBe(false);
});
