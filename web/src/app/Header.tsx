import { Button as AriaButton } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { Link, NavLink } from 'react-router';
import { useMeQuery } from '../api/identity.ts';
import { useSignOut } from '../features/auth/useSignOut.ts';
import { LinkButton } from '../ui/Button.tsx';
import { cx } from '../ui/cx.ts';
import { Logo } from '../ui/Logo.tsx';
import { Menu, MenuItem } from '../ui/Menu.tsx';
import { LanguageMenu } from './LanguageMenu.tsx';
import styles from './Shell.module.css';

export function Header() {
  const { t } = useTranslation();
  const { data: me } = useMeQuery();
  return (
    <header className={styles.header}>
      <div className={styles.bar}>
        <Link to={me ? '/app/server' : '/'} className={styles.home} aria-label={t('nav.home')}>
          <Logo />
        </Link>
        <nav className={styles.nav}>
          <LanguageMenu />
          {me && <SignedIn name={me.name} />}
          {me === null && <SignedOut />}
        </nav>
      </div>
    </header>
  );
}

function SignedOut() {
  const { t } = useTranslation();
  return (
    <>
      <NavLink to="/app/sign-in" className={styles.link}>
        {t('nav.signIn')}
      </NavLink>
      <LinkButton to="/app/sign-up" className={styles.optional}>
        {t('nav.signUp')}
      </LinkButton>
    </>
  );
}

function SignedIn({ name }: { name: string }) {
  const { t } = useTranslation();
  const signOut = useSignOut();
  return (
    <>
      <NavLink to="/app/server" className={cx(styles.link, styles.optional)}>
        {t('nav.server')}
      </NavLink>
      <Menu
        label={t('nav.menu')}
        trigger={
          <AriaButton className={styles.avatar!} aria-label={t('nav.menu')} data-testid="account-menu">
            <span className={styles.initial}>{[...name][0]?.toUpperCase()}</span>
          </AriaButton>
        }
      >
        <MenuItem icon="play" href="/app/server">
          {t('nav.server')}
        </MenuItem>
        <MenuItem icon="link" href="/app/links" testId="menu-links">
          {t('links.title')}
        </MenuItem>
        <MenuItem icon="user" href="/app/me" testId="menu-me">
          {t('nav.me')}
        </MenuItem>
        <MenuItem icon="leaf" href="/app/subscription" testId="menu-subscription">
          {t('subscription.title')}
        </MenuItem>
        <MenuItem icon="back" onAction={signOut} testId="menu-sign-out">
          {t('nav.signOut')}
        </MenuItem>
      </Menu>
    </>
  );
}
