import './api/noEval.ts';
import i18next from 'i18next';
import { Provider } from 'react-redux';
import './ui/tokens.css';
import './ui/base.css';
import { App } from './app/App.tsx';
import { showPage } from './app/showPage.tsx';
import { guardUploads } from './features/uploads/keepAwake.ts';
import { LazyUploader, type LoadedUploads } from './features/uploads/LazyUploader.ts';
import { UploadsContext } from './features/uploads/UploaderContext.ts';
import { startI18n } from './i18n/i18n.ts';
import { chooseLanguage } from './i18n/language.ts';
import { createStore } from './store/store.ts';
import { warn } from './ui/toasts.ts';

const store = createStore();
const uploads = new LazyUploader(fetchUploads, () => warn(i18next.t('problems.unavailable')));
guardUploads(store);
window.addEventListener('online', () => uploads.online());

const speaking = startI18n(
  { ko: () => import('./i18n/ko/texts.ts'), en: () => import('./i18n/en/texts.ts') },
  chooseLanguage(null, store.getState().preferences.language, navigator.languages),
);

showPage(
  speaking,
  <Provider store={store}>
    <UploadsContext value={uploads}>
      <App />
    </UploadsContext>
  </Provider>,
);

async function fetchUploads(): Promise<LoadedUploads> {
  const [{ Uploader }, { UploadTray }] = await Promise.all([
    import('./features/uploads/uploader.ts'),
    import('./features/uploads/UploadTray.tsx'),
  ]);
  return { uploader: new Uploader(store), Tray: UploadTray };
}
