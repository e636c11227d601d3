import 'i18next';
import type account from './ko/account.json';
import type app from './ko/app.json';
import type shared from './ko/shared.json';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation';
    resources: { translation: typeof account & typeof app & typeof shared };
  }
}
