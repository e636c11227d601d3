import { expect, test } from 'vitest';
import { UpstreamAddresses } from './upstream-address.ts';

test('sockets and addresses stay as they are', async () => {
  const addresses = new UpstreamAddresses(() => Promise.reject(new Error('asked')));
  for (const address of ['unix:/run/a.sock', 'http://10.0.0.1:80', 'http://[::1]:8080']) {
    expect(await addresses.resolve(address)).toBe(address);
  }
});

test('where a name has several addresses the next try goes to the next', async () => {
  const addresses = new UpstreamAddresses(async () => ['10.0.0.1', 'fd00::2']);
  const tried = [
    await addresses.resolve('http://tasks.a:8080'),
    await addresses.resolve('http://tasks.a:8080'),
  ];
  expect(tried).toEqual(['http://10.0.0.1:8080', 'http://[fd00::2]:8080']);
});

test('a name is looked up again, and a failure is not kept', async () => {
  const answers = [['10.0.0.1'], new Error('ENOTFOUND'), ['10.0.0.2']];
  const addresses = new UpstreamAddresses(async () => {
    const answer = answers.shift();
    if (Array.isArray(answer)) return answer;
    throw answer;
  });
  expect(await addresses.resolve('http://tasks.a:80')).toBe('http://10.0.0.1:80');
  await expect
    .poll(() => addresses.resolve('http://tasks.a:80').catch(String))
    .toMatch(/unavailable|cannot/i);
  expect(await addresses.resolve('http://tasks.a:80')).toBe('http://10.0.0.2:80');
});
