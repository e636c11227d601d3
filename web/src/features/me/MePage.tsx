import type { Me } from '@ptsdly/contract';
import { useTranslation } from 'react-i18next';
import { useMeQuery } from '../../api/identity.ts';
import { usePlansQuery } from '../../api/subscriptions.ts';
import { useTitle } from '../../app/useTitle.ts';
import { languageNames, languages } from '../../i18n/language.ts';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { Button, LinkButton } from '../../ui/Button.tsx';
import { Choice } from '../../ui/Choice.tsx';
import { formatDate } from '../../ui/format.ts';
import sections from '../../ui/Sections.module.css';
import { useSignOut } from '../auth/useSignOut.ts';
import { useLiveSubscription } from '../plans/useLiveSubscription.ts';
import { CredentialForms } from './CredentialForms.tsx';
import { DataSection } from './DataSection.tsx';
import { DeleteAccount } from './DeleteAccount.tsx';
import styles from './Me.module.css';
import { NameForm } from './NameForm.tsx';
import { PasskeySection } from './PasskeySection.tsx';
import { PictureForm } from './PictureForm.tsx';
import { ProviderSection } from './ProviderSection.tsx';
import { SecondFactorSection } from './SecondFactorSection.tsx';
import { SessionSection } from './SessionSection.tsx';
import { TokenSection } from './TokenSection.tsx';

export function Component() {
  const { t } = useTranslation();
  useTitle(t('me.title'));
  const { data: me } = useMeQuery();
  const signOut = useSignOut();
  if (!me) return null;
  return (
    <div className={sections.page}>
      <h1>{t('me.title')}</h1>
      <section className={sections.card}>
        <h2>{t('me.profile')}</h2>
        <PictureForm me={me} />
        <NameForm key={me.name} name={me.name} />
        <CredentialForms me={me} />
        <Facts me={me} />
        <LanguageChoice />
      </section>
      <section className={styles.line}>
        <p>{t('me.sessionText')}</p>
        <Button look="quiet" onPress={signOut} data-testid="sign-out">
          {t('me.session')}
        </Button>
      </section>
      <ProviderSection me={me} />
      <PasskeySection />
      <SecondFactorSection />
      <SessionSection />
      <TokenSection />
      <section className={styles.line}>
        <p>{t('webhooks.lead')}</p>
        <LinkButton to="/app/webhooks" look="quiet" data-testid="to-webhooks">
          {t('webhooks.title')}
        </LinkButton>
      </section>
      <DataSection me={me} />
      <DeleteAccount me={me} />
    </div>
  );
}

function Facts({ me }: { me: Me }) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const { live } = useLiveSubscription();
  const { data: plans } = usePlansQuery();
  const plan = plans?.find((one) => one.id === live?.planId);
  return (
    <dl className={sections.facts}>
      <div>
        <dt>{t('me.since')}</dt>
        <dd>{formatDate(me.createdAt, language)}</dd>
      </div>
      <div>
        <dt>{t('me.plan')}</dt>
        <dd className={styles.plan}>
          {plan ? plan.name[language] : '–'}
          <LinkButton to="/app/subscription" look="plain">
            {t('subscription.title')}
          </LinkButton>
        </dd>
      </div>
    </dl>
  );
}

function LanguageChoice() {
  const { t } = useTranslation();
  const [language, choose] = useLanguage();
  return (
    <Choice
      label={t('me.language')}
      value={language}
      onChange={choose}
      options={languages.map((value) => ({ value, label: languageNames[value] }))}
    />
  );
}
