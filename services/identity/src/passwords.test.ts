import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Passwords } from './passwords.ts';

describe('passwords', () => {
  it('verifies what it has hashed, whatever the form of the characters', async () => {
    const passwords = new Passwords();
    const hash = await passwords.hash('café au lait'.normalize('NFC'));
    expect(await passwords.verify({ hash, password: 'café au lait'.normalize('NFD') })).toBe(true);
    expect(await passwords.verify({ hash, password: 'cafe au lait' })).toBe(false);
    expect(await passwords.hash('café au lait')).not.toBe(hash);
  });

  it('leaves the event loop free while it hashes', async () => {
    const passwords = new Passwords();
    let turns = 0;
    let hashing = true;
    const counting = (async () => {
      for (; hashing; turns++) await setImmediate();
    })();
    await Promise.all(Array.from({ length: 6 }, () => passwords.hash('three green lanterns')));
    hashing = false;
    await counting;
    expect(turns).toBeGreaterThan(200); // a hash on this thread would leave about one turn each
  });

  it('refuses when too many wait, and recovers', async () => {
    const passwords = new Passwords();
    const crowd = Array.from({ length: 110 }, () => passwords.verify({ hash: 'no-colon', password: 'x' }));
    const settled = await Promise.allSettled(crowd);
    const reasons = settled.map((result) => (result.status === 'rejected' ? result.reason : undefined));
    expect(reasons.filter((reason) => reason?.code === 'unavailable')).toHaveLength(8);
    expect(reasons.filter((reason) => reason?.code === undefined)).toHaveLength(102);
    expect(await passwords.hash('three green lanterns')).toMatch(/^[0-9a-f]{32}:[0-9a-f]{128}$/);
  });

  it('uses the hash made ahead, in its own work only', async () => {
    const passwords = new Passwords();
    const [ahead, beside] = await Promise.all([
      passwords.ahead('one', async () => [await passwords.hash('one'), await passwords.hash('one')]),
      passwords.hash('one'),
    ]);
    expect(ahead[0]).toBe(ahead[1]);
    expect(beside).not.toBe(ahead[0]);
  });
});
