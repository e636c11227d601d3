export const languages = ['ko', 'en'] as const;
export type Language = (typeof languages)[number];

export const languageNames: Record<Language, string> = { ko: '한국어', en: 'English' };

/**
 * The account's language, else the one chosen on this device, else the browser's first that is ours. English for a
 * browser that speaks only others, Korean for one that says nothing.
 */
export function chooseLanguage(
  account: string | null | undefined,
  saved: string | null | undefined,
  browser: readonly string[],
): Language {
  const wanted = [account, saved, ...browser.map((tag) => tag.split('-')[0]?.toLowerCase())];
  return wanted.find(isLanguage) ?? (browser.length > 0 ? 'en' : 'ko');
}

export const isLanguage = (value: unknown): value is Language => languages.some((known) => known === value);
