import { sessionLink } from '@ptsdly/contract';
import { expect, it } from 'vitest';
import { SessionTokens } from './session-token.ts';

const session = {
  videoId: 'v',
  link: { id: 'l', epoch: 3 },
  sid: null,
  download: true,
  movie: 'm',
  file: 'f',
  renditions: ['v720', 'c0'],
  expiresAt: 1_900_000_000_000,
};

it('reads what it signed, each with an id of its own', () => {
  const tokens = new SessionTokens(SessionTokens.newKey());
  const [one, two] = [tokens.sign(session), tokens.sign(session)];
  expect(tokens.read(one)).toMatchObject(session);
  expect(tokens.read(one).id).not.toBe(tokens.read(two).id);
  const own = { ...session, link: null, sid: 's', download: false, movie: null, renditions: [] };
  expect(tokens.read(tokens.sign(own))).toMatchObject(own);
});

it('refuses what another server signed, and every change of one character', () => {
  const tokens = new SessionTokens(SessionTokens.newKey());
  const token = tokens.sign(session);
  expect(() => new SessionTokens(SessionTokens.newKey()).read(token)).toThrow('session_invalid');
  for (let i = 0; i < token.length - 1; i++) {
    const changed = token.slice(0, i) + (token[i] === 'A' ? 'B' : 'A') + token.slice(i + 1);
    expect(() => tokens.read(changed)).toThrow('session_invalid');
  }
});

it('tells a gateway which link it came by, and nothing of the owner’s own', () => {
  const tokens = new SessionTokens(SessionTokens.newKey());
  expect(sessionLink(tokens.sign(session))).toEqual({ id: 'l', epoch: 3 });
  expect(sessionLink(tokens.sign({ ...session, link: null, sid: 's' }))).toBeUndefined();
  for (const other of ['', 'x', '..', 'eyJsIjo1fQ.x', `${'A'.repeat(900)}.x`]) {
    expect(sessionLink(other)).toBeUndefined();
  }
});
