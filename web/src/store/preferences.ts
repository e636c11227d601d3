import { createSlice, type PayloadAction } from '@reduxjs/toolkit';
import { isLanguage, type Language } from '../i18n/language.ts';

export interface Preferences {
  /** Chosen on this device; null while the account or the browser decides. */
  readonly language: Language | null;
  /** How the library is laid out. */
  readonly layout: Layout;
}

export type Layout = 'grid' | 'list';

const blank: Preferences = { language: null, layout: 'grid' };

const storageKey = 'ptsdly.preferences';

export const preferences = createSlice({
  name: 'preferences',
  initialState: blank,
  reducers: {
    languageChosen: (state, { payload }: PayloadAction<Language>) => ({ ...state, language: payload }),
    layoutChosen: (state, { payload }: PayloadAction<Layout>) => ({ ...state, layout: payload }),
  },
});

export const { languageChosen, layoutChosen } = preferences.actions;

/** Nothing kept, or nothing readable, means no preference. */
export function loadPreferences(storage: Pick<Storage, 'getItem'> = localStorage): Preferences {
  try {
    const kept: unknown = JSON.parse(storage.getItem(storageKey) ?? '{}');
    const { language, layout } = (kept ?? {}) as { language?: unknown; layout?: unknown };
    return { language: isLanguage(language) ? language : null, layout: layout === 'list' ? 'list' : 'grid' };
  } catch {
    return blank;
  }
}

/** A browser that keeps nothing (private mode, full storage) loses only the preference. */
export function savePreferences(kept: Preferences, storage: Pick<Storage, 'setItem'> = localStorage): void {
  try {
    storage.setItem(storageKey, JSON.stringify(kept));
  } catch {
    // The choice still holds on this page.
  }
}
