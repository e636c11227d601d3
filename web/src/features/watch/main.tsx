import '../../api/noEval.ts';
import '../../ui/tokens.css';
import '../../ui/base.css';
import { showPage } from '../../app/showPage.tsx';
import { startI18n } from '../../i18n/i18n.ts';
import { chooseLanguage } from '../../i18n/language.ts';
import { loadPreferences } from '../../store/preferences.ts';
import { placeOf } from './place.ts';
import { WatchPage } from './WatchPage.tsx';

const speaking = startI18n(
  { ko: () => import('../../i18n/ko/shared.json'), en: () => import('../../i18n/en/shared.json') },
  chooseLanguage(null, loadPreferences().language, navigator.languages),
);

showPage(speaking, <WatchPage place={placeOf(location)} />);
