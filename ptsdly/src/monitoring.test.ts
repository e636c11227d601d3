import type { Service } from '@ptsdly/kit';
import { expect, test } from 'vitest';
import { monitoring } from './monitoring.ts';

test('a monitor sees metrics and health of each service, and nothing else', async () => {
  const seen: string[] = [];
  const links: Service = {
    name: 'links',
    fetch: async (request) => {
      seen.push(new URL(request.url).pathname);
      return new Response('up 1');
    },
    close: async () => undefined,
  };
  const monitor = monitoring(() => [['links', links]]);
  const ask = (path: string, method = 'GET') =>
    monitor.fetch(new Request(`http://monitor${path}`, { method }));
  expect(await (await ask('/links/metrics')).text()).toBe('up 1');
  const others = [
    '/links/internal/events',
    '/links/api/links',
    '/web/metrics',
    '/metrics',
    '/links/metrics/x',
  ];
  for (const path of others) expect((await ask(path)).status, path).toBe(404);
  expect((await ask('/links/metrics', 'POST')).status).toBe(404);
  expect(seen).toEqual(['/metrics']);
});
