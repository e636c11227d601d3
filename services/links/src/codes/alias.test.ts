import { describe, expect, it } from 'vitest';
import { problemOf } from '../testing/stand-ins.ts';
import { aliasOf, readAlias } from './alias.ts';

const refused = (given: string) => problemOf((async () => readAlias(given))());

describe('an alias', () => {
  it.each([
    ['summer-trip', 'summer-trip'],
    ['  Summer_Trip ', 'summer_trip'],
    ['제주-여행-2026', '제주-여행-2026'],
    ['제주여행'.normalize('NFD'), '제주여행'],
    ['ｓｕｍｍｅｒ２０２６', 'summer2026'],
    ['旅行のビデオ', '旅行のビデオ'],
    ['свадьба', 'свадьба'],
    ['kim의영상', 'kim의영상'],
    ['हिन्दी', 'हिन्दी'],
  ])('%s is %s', (given, text) => expect(readAlias(given).text).toBe(text));

  it.each([
    'abc',
    '우리집',
    'a'.repeat(65),
    'two words',
    'a/bcd',
    'a.bcd',
    'a%20bc',
    '-abcd',
    'abcd-',
    'ab--cd',
    'about',
    'ADMIN',
    'adm1n', // looks like a fixed word
    'mysummertrip', // twelve letters: a code
    'HoLidayVideo', // twelve letters: a code when somebody types it so
    'раураl-film', // Cyrillic and Latin
    'рауреер', // Cyrillic letters that are all drawn as Latin ones
    'αβγabc',
    'ab\u200bcd',
    'abㅤcd', // the Hangul filler
    '🎬🎬🎬🎬',
  ])('is not %s', async (given) => expect(await refused(given)).toBe('alias_not_allowed'));

  it('has the look of what the eye takes for it', () => {
    const look = (text: string) => readAlias(text).look;
    expect(look('film-0ne')).toBe(look('film-one'));
    expect(look('fi1m-one')).toBe(look('film_one'));
    expect(look('modern')).toBe(look('modem'));
    expect(look('film-one')).not.toBe(look('film-two'));
  });

  it('is read from a path, percent-encoded, in any case, with what chat programs leave on it', () => {
    const { text, look } = readAlias('제주-여행');
    for (const path of ['제주-여행', '%EC%A0%9C%EC%A3%BC-%EC%97%AC%ED%96%89', '제주-여행).']) {
      expect(aliasOf(path)).toEqual({ text, look });
    }
    expect(aliasOf('Summer-Trip')?.text).toBe('summer-trip');
    for (const path of ['abc', '%E0%A4%A', 'index.php', 'x'.repeat(900)])
      expect(aliasOf(path)).toBeUndefined();
  });
});
