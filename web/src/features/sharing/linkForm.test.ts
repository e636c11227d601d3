import type { Link } from '@ptsdly/contract';
import { describe, expect, it } from 'vitest';
import { changesOf, faultsOf, formOf, parseClock } from './linkForm.ts';

const link: Link = {
  id: '1',
  code: 'AAAAAAAAAAAA',
  alias: null,
  url: 'http://x/AAAAAAAAAAAA',
  state: 'open',
  serverId: 's',
  videoId: 'v',
  videoTitle: null,
  label: null,
  recipient: null,
  opensAt: null,
  expiresAt: null,
  maxViews: null,
  hasPassword: false,
  startAt: null,
  endAt: null,
  speed: null,
  allowDownload: false,
  embedOrigins: null,
  lastOpenedAt: null,
  views: 0,
  createdAt: '2026-11-23T00:00:00Z',
};

describe('the settings of a link', () => {
  it('change nothing while nobody types', () => {
    const full = {
      ...link,
      alias: 'a-film',
      expiresAt: '2026-12-01T10:30:27.123Z',
      maxViews: 5,
      startAt: 3725.5,
    };
    for (const one of [link, full, { ...link, hasPassword: true }]) {
      expect(changesOf(formOf(one), one)).toEqual({});
      expect(faultsOf(formOf(one), one)).toEqual({});
    }
    expect(formOf(full).startAt).toBe('1:02:05.5');
  });

  it('say what is changed, and only that', () => {
    const form = {
      ...formOf(link),
      alias: ' my-film ',
      views: 'once',
      locked: true,
      password: 'pw',
    } as const;
    expect(changesOf({ ...form, startAt: '1:30' }, link)).toEqual({
      alias: 'my-film',
      maxViews: 1,
      password: 'pw',
      startAt: 90,
    });
    const closed = { ...link, hasPassword: true, maxViews: 3, alias: 'old-one' };
    expect(changesOf({ ...formOf(closed), locked: false, views: 'any', alias: '' }, closed)).toEqual({
      password: null,
      maxViews: null,
      alias: null,
    });
  });

  it('are moments of this place', () => {
    const changes = changesOf({ ...formOf(link), expiry: 'at', expiresAt: '2027-01-02T03:04' }, link);
    expect(changes.expiresAt).toBe(new Date(2027, 0, 2, 3, 4).toISOString());
  });

  it('are refused before they are sent where they cannot be', () => {
    const form = formOf(link);
    expect(faultsOf({ ...form, startAt: 'soon' }, link)).toEqual({ startAt: 'clock' });
    expect(faultsOf({ ...form, startAt: '10', endAt: '9' }, link)).toEqual({ endAt: 'order' });
    expect(faultsOf({ ...form, views: 'count', maxViews: '0' }, link)).toEqual({ maxViews: 'number' });
    expect(faultsOf({ ...form, locked: true }, link)).toEqual({ password: 'missing' });
    const moments = { opensAt: '2027-01-02T00:00', expiry: 'at', expiresAt: '2027-01-01T00:00' } as const;
    expect(faultsOf({ ...form, ...moments }, link)).toEqual({ expiresAt: 'order' });
  });

  it.each([
    ['', null],
    ['90', 90],
    ['1:30', 90],
    ['1:02:03', 3723],
    ['0:05.5', 5.5],
    ['1:75', undefined],
    ['-5', undefined],
    ['a', undefined],
  ])('read "%s" as %s seconds', (text, seconds) => expect(parseClock(text)).toBe(seconds));
});
