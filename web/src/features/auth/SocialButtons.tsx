import { useState } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { useAuthOptionsQuery, useSignInSocialMutation } from '../../api/identity.ts';
import { cx } from '../../ui/cx.ts';
import { ProblemNotice } from '../../ui/Notice.tsx';
import styles from './Auth.module.css';
import { InAppBrowserDialog } from './InAppBrowserDialog.tsx';
import { inAppBrowser } from './inAppBrowser.ts';
import { ProviderMark } from './ProviderMark.tsx';

/** Only the providers that this installation has keys for. */
export function SocialButtons({ next }: { next: string }) {
  const { t } = useTranslation();
  const { data: options } = useAuthOptionsQuery();
  const [signIn, { error, isLoading }] = useSignInSocialMutation();
  const [isLeaving, setLeaving] = useState(false);
  const offered = options?.providers ?? [];
  if (offered.length === 0) return null;
  const begin = async (provider: string) => {
    if (provider === 'google' && inAppBrowser(navigator.userAgent)) return setLeaving(true);
    const answer = await signIn({ provider, callbackURL: next });
    if (answer.data) location.assign(answer.data.url);
  };
  return (
    <div className={styles.social}>
      {offered.map(({ id, name }) => (
        <AriaButton
          key={id}
          className={cx(styles.provider, styles[id])}
          isDisabled={isLoading}
          onPress={() => begin(id)}
          data-testid={`sign-in-${id}`}
        >
          <ProviderMark id={id} />
          {id === 'google' || id === 'kakao' ? t(`auth.${id}`) : t('social.with', { name })}
        </AriaButton>
      ))}
      <InAppBrowserDialog isOpen={isLeaving} onClose={() => setLeaving(false)} />
      {error && <ProblemNotice problem={error} />}
      <p className={styles.note}>{t('auth.socialConsent')}</p>
      <div className={styles.or}>{t('auth.or')}</div>
    </div>
  );
}
