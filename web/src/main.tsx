import './api/noEval.ts';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Provider } from 'react-redux';
import './ui/tokens.css';
import './ui/base.css';
import { App } from './app/App.tsx';
import { guardUploads } from './features/uploads/keepAwake.ts';
import { UploaderContext } from './features/uploads/UploaderContext.ts';
import { Uploader } from './features/uploads/uploader.ts';
import enAccount from './i18n/en/account.json';
import enApp from './i18n/en/app.json';
import enShared from './i18n/en/shared.json';
import { startI18n } from './i18n/i18n.ts';
import koAccount from './i18n/ko/account.json';
import koApp from './i18n/ko/app.json';
import koShared from './i18n/ko/shared.json';
import { chooseLanguage } from './i18n/language.ts';
import { createStore } from './store/store.ts';

const store = createStore();
const uploader = new Uploader(store);
guardUploads(store);
window.addEventListener('online', () => uploader.online());

startI18n(
  {
    ko: { translation: { ...koShared, ...koApp, ...koAccount } },
    en: { translation: { ...enShared, ...enApp, ...enAccount } },
  },
  chooseLanguage(null, store.getState().preferences.language, navigator.languages),
);

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <Provider store={store}>
      <UploaderContext value={uploader}>
        <App />
      </UploaderContext>
    </Provider>
  </StrictMode>,
);
