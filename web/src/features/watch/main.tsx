import '../../api/noEval.ts';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import '../../ui/tokens.css';
import '../../ui/base.css';
import en from '../../i18n/en/shared.json';
import { startI18n } from '../../i18n/i18n.ts';
import ko from '../../i18n/ko/shared.json';
import { chooseLanguage } from '../../i18n/language.ts';
import { loadPreferences } from '../../store/preferences.ts';
import { placeOf } from './place.ts';
import { WatchPage } from './WatchPage.tsx';

startI18n(
  { ko: { translation: ko }, en: { translation: en } },
  chooseLanguage(null, loadPreferences().language, navigator.languages),
);

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <WatchPage place={placeOf(location)} />
  </StrictMode>,
);
