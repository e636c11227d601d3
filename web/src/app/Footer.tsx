import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import styles from './Shell.module.css';

export function Footer() {
  const { t } = useTranslation();
  return (
    <footer className={styles.footer}>
      <span className={styles.links}>
        <Link to="/app/terms">{t('nav.terms')}</Link>
        <Link to="/app/privacy">{t('nav.privacy')}</Link>
      </span>
      <span>PTSD.ly · {t('nav.tagline')}</span>
    </footer>
  );
}
