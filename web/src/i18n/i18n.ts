import i18next, { type ResourceKey } from 'i18next';
import { initReactI18next } from 'react-i18next';
import type { Language } from './language.ts';

/** Fetches what a page says in each language: only those come that somebody reads. */
export type TextSources = Readonly<Record<Language, () => Promise<{ default: ResourceKey }>>>;

let sources: TextSources;
/** The language that was asked for last; what comes after another one was chosen is not shown. */
let wanted: Language;

/** One instance for the page, which speaks when it resolves. */
export async function startI18n(texts: TextSources, language: Language): Promise<void> {
  sources = texts;
  wanted = language;
  i18next.on('languageChanged', (lng) => {
    document.documentElement.lang = lng;
  });
  const { default: translation } = await sources[language]();
  await i18next.use(initReactI18next).init({
    resources: { [language]: { translation } },
    lng: language,
    nsSeparator: false, // one namespace; a scope's name has a colon
    fallbackLng: false, // each language says everything, which a test sees to
    interpolation: { escapeValue: false },
  });
}

/** Rejects where the texts cannot be fetched; the page then stays as it is. */
export async function showLanguage(language: Language): Promise<void> {
  wanted = language;
  if (!i18next.hasResourceBundle(language, 'translation')) {
    const { default: translation } = await sources[language]();
    i18next.addResourceBundle(language, 'translation', translation);
  }
  if (wanted === language) await i18next.changeLanguage(language);
}
