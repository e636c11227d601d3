import { useRef } from 'react';
import { RouterProvider as AriaRouterProvider } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { type Location, Outlet, ScrollRestoration, useHref, useNavigate } from 'react-router';
import { UploadCorner } from '../features/uploads/UploadCorner.tsx';
import { useAccountLanguage } from '../i18n/useLanguage.ts';
import { Footer } from './Footer.tsx';
import { Header } from './Header.tsx';
import { OfflineBar } from './OfflineBar.tsx';
import { PageAnnouncer } from './PageAnnouncer.tsx';
import styles from './Shell.module.css';
import { useFocusOnPage } from './useFocusOnPage.ts';

/** The first page of a visit has no key of its own; its path keeps it apart from other first pages. */
const placeOf = ({ key, pathname }: Location) => (key === 'default' ? pathname : key);

/** Around every page. */
export function Shell() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const main = useRef<HTMLElement>(null);
  useAccountLanguage();
  useFocusOnPage(main);
  return (
    <AriaRouterProvider navigate={navigate} useHref={useHref}>
      <div className={styles.shell}>
        <a href="#content" className={styles.skip}>
          {t('nav.skip')}
        </a>
        <Header />
        <OfflineBar />
        <main id="content" ref={main} className={styles.main} tabIndex={-1}>
          <Outlet />
        </main>
        <Footer />
      </div>
      <PageAnnouncer />
      <ScrollRestoration getKey={placeOf} />
    </AriaRouterProvider>
  );
}

/** Around the pages of somebody who is signed in: uploads go on while one walks between them. */
export function Layout() {
  return (
    <div className={styles.page}>
      <Outlet />
      <UploadCorner />
    </div>
  );
}
