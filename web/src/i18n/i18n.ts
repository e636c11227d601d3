import i18next, { type i18n, type Resource } from 'i18next';
import { initReactI18next } from 'react-i18next';
import type { Language } from './language.ts';

/** One instance for the page; texts are part of the bundle, so it is ready at once. */
export function startI18n(resources: Resource, language: Language): i18n {
  i18next.on('languageChanged', (lng) => {
    document.documentElement.lang = lng;
  });
  i18next.use(initReactI18next).init({
    resources,
    lng: language,
    nsSeparator: false, // one namespace; a scope's name has a colon
    fallbackLng: 'ko',
    interpolation: { escapeValue: false },
    initAsync: false,
  });
  document.documentElement.lang = language;
  return i18next;
}
