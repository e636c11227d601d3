import { I18nProvider } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { RouterProvider } from 'react-router/dom';
import { Toasts } from '../ui/Toasts.tsx';
import { router } from './router.tsx';

export function App() {
  const { i18n } = useTranslation();
  return (
    <I18nProvider locale={i18n.language}>
      <RouterProvider router={router} />
      <Toasts />
    </I18nProvider>
  );
}
