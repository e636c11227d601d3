import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useMeQuery, useUpdateMeMutation } from '../api/identity.ts';
import { languageChosen } from '../store/preferences.ts';
import { useAppDispatch } from '../store/store.ts';
import { warn } from '../ui/toasts.ts';
import { showLanguage } from './i18n.ts';
import { isLanguage, type Language } from './language.ts';

/** The page's language, and a way to change it that the device and the account remember. */
export function useLanguage(): [Language, (language: Language) => void] {
  const { t, i18n } = useTranslation();
  const dispatch = useAppDispatch();
  const { data: me } = useMeQuery();
  const [updateMe] = useUpdateMeMutation();
  const choose = async (language: Language) => {
    try {
      await showLanguage(language);
    } catch {
      return warn(t('problems.unavailable'));
    }
    dispatch(languageChosen(language));
    if (me) await updateMe({ locale: language });
  };
  return [isLanguage(i18n.language) ? i18n.language : 'ko', (language) => void choose(language)];
}

/** An account's language comes before what this device remembers, which learns it for the next time. */
export function useAccountLanguage(): void {
  const dispatch = useAppDispatch();
  const locale = useMeQuery().data?.locale;
  useEffect(() => {
    if (!isLanguage(locale)) return;
    dispatch(languageChosen(locale));
    void showLanguage(locale).catch(() => undefined); // what can be read already is better than nothing
  }, [locale, dispatch]);
}
