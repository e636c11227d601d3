import { expect, test } from 'vitest';
import { reach } from './reach.ts';

test('a peer called as a function ends with its caller, as fetch does', async () => {
  const never = new Promise<Response>(() => undefined);
  const { fetch, baseUrl } = reach({ fetch: () => never });
  const abort = new AbortController();
  const waiting = fetch(new Request(baseUrl, { signal: abort.signal }));
  abort.abort(new Error('the caller is gone'));
  await expect(waiting).rejects.toThrow('the caller is gone');
  await expect(fetch(new Request(baseUrl, { signal: abort.signal }))).rejects.toThrow('the caller is gone');
});

test('its answer and its failure come through as they are', async () => {
  const ok = reach({ fetch: async () => new Response('yes') });
  expect(await (await ok.fetch(new Request(ok.baseUrl))).text()).toBe('yes');
  const broken = reach({ fetch: () => Promise.reject(new Error('broken')) });
  await expect(broken.fetch(new Request(broken.baseUrl))).rejects.toThrow('broken');
});
