import { describe, expect, it } from 'vitest';
import { languageChosen, loadPreferences, preferences, savePreferences } from './preferences.ts';

const storage = (value: string | null) => ({ getItem: () => value });

describe('preferences', () => {
  it('are kept and found again', () => {
    const kept = new Map<string, string>();
    const chosen = preferences.reducer({ language: null, layout: 'list' }, languageChosen('en'));
    savePreferences(chosen, { setItem: (key, value) => kept.set(key, value) });
    expect(loadPreferences({ getItem: (key) => kept.get(key) ?? null })).toEqual({
      language: 'en',
      layout: 'list',
    });
  });

  it.each([null, '', 'null', '[]', '{"language":"xx","layout":"heap"}', '{oops'])(
    'are none in %s',
    (value) => {
      expect(loadPreferences(storage(value))).toEqual({ language: null, layout: 'grid' });
    },
  );

  it('do without a browser that keeps nothing', () => {
    const full = {
      setItem() {
        throw new Error('quota');
      },
    };
    expect(() => savePreferences({ language: 'ko', layout: 'grid' }, full)).not.toThrow();
  });
});
