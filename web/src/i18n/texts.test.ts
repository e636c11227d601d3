import { problems } from '@ptsdly/contract';
import { describe, expect, it } from 'vitest';
import enAccount from './en/account.json' with { type: 'json' };
import enApp from './en/app.json' with { type: 'json' };
import enShared from './en/shared.json' with { type: 'json' };
import koAccount from './ko/account.json' with { type: 'json' };
import koApp from './ko/app.json' with { type: 'json' };
import koShared from './ko/shared.json' with { type: 'json' };

type Texts = { [key: string]: string | Texts };

/** Every key with its placeholders; the plural forms of one text count once. */
function shape(texts: Texts, prefix = ''): Map<string, string> {
  const entries = Object.entries(texts).flatMap(([key, value]): [string, string][] => {
    const path = `${prefix}${key.replace(/_(one|other)$/, '')}`;
    if (typeof value !== 'string') return [...shape(value, `${path}.`)];
    return [[path, [...value.matchAll(/\{\{\w+\}\}|<\w+>/g)].map(String).sort().join(' ')]];
  });
  return new Map(entries);
}

const byName = (map: Map<string, string>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));

describe('texts', () => {
  it.each(['ko', 'en'])('say every problem in %s', (language) => {
    const known: Record<string, string> = (language === 'ko' ? koShared : enShared).problems;
    for (const code of Object.keys(problems)) expect(known[code], code).toMatch(/\S/);
    expect(Object.keys(known).sort()).toEqual(Object.keys(problems).sort());
  });

  it('have the same keys and placeholders in both languages', () => {
    expect(byName(shape(enShared))).toEqual(byName(shape(koShared)));
    expect(byName(shape(enAccount))).toEqual(byName(shape(koAccount)));
    expect(byName(shape(enApp))).toEqual(byName(shape(koApp)));
  });

  it('are not empty', () => {
    for (const texts of [koAccount, koApp, koShared, enAccount, enApp, enShared]) {
      expect(JSON.stringify(texts)).not.toContain('""');
    }
  });
});
