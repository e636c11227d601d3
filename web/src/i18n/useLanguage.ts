import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useMeQuery, useUpdateMeMutation } from '../api/identity.ts';
import { languageChosen } from '../store/preferences.ts';
import { useAppDispatch } from '../store/store.ts';
import { isLanguage, type Language } from './language.ts';

/** The page's language, and a way to change it that the device and the account remember. */
export function useLanguage(): [Language, (language: Language) => void] {
  const { i18n } = useTranslation();
  const dispatch = useAppDispatch();
  const { data: me } = useMeQuery();
  const [updateMe] = useUpdateMeMutation();
  const choose = (language: Language) => {
    void i18n.changeLanguage(language);
    dispatch(languageChosen(language));
    if (me) void updateMe({ locale: language });
  };
  return [isLanguage(i18n.language) ? i18n.language : 'ko', choose];
}

/** An account's language comes before what this device remembers. */
export function useAccountLanguage(): void {
  const { i18n } = useTranslation();
  const locale = useMeQuery().data?.locale;
  useEffect(() => {
    if (locale && locale !== i18n.language) void i18n.changeLanguage(locale);
  }, [locale, i18n]);
}
