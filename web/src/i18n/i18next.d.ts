import 'i18next';
import type app from './ko/app.json';
import type shared from './ko/shared.json';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation';
    resources: { translation: typeof app & typeof shared };
  }
}
