import { useTranslation } from 'react-i18next';
import { useMeQuery } from '../../api/identity.ts';
import { usePlansQuery } from '../../api/subscriptions.ts';
import { useTitle } from '../../app/useTitle.ts';
import { LinkButton } from '../../ui/Button.tsx';
import { Icon, type IconName } from '../../ui/Icon.tsx';
import { PlanCard } from '../plans/PlanCard.tsx';
import plansStyles from '../plans/Plans.module.css';
import styles from './Landing.module.css';
import { Scene } from './Scene.tsx';

export function LandingPage() {
  const { t } = useTranslation();
  useTitle(undefined);
  return (
    <>
      <section className={styles.hero}>
        <div className={styles.pitch}>
          <h1>{t('landing.title')}</h1>
          <p>{t('landing.lead')}</p>
          <StartButton />
        </div>
        <Scene />
      </section>
      <Steps />
      <Promises />
      <Plans />
      <section className={styles.ending}>
        <h2>{t('landing.ending')}</h2>
        <StartButton />
      </section>
    </>
  );
}

function StartButton() {
  const { t } = useTranslation();
  const { data: me } = useMeQuery();
  const signedIn = Boolean(me);
  return (
    <LinkButton
      to={signedIn ? '/app/server' : '/app/sign-up'}
      size="l"
      className={styles.start}
      data-testid={signedIn ? 'open-server' : 'start'}
    >
      {t(signedIn ? 'landing.open' : 'landing.start')}
    </LinkButton>
  );
}

function Steps() {
  const { t } = useTranslation();
  return (
    <section className={styles.section}>
      <h2>{t('landing.how')}</h2>
      <ol className={styles.steps}>
        {(['server', 'upload', 'share'] as const).map((step, index) => (
          <li key={step}>
            <span className={styles.number}>{index + 1}</span>
            <h3>{t(`landing.steps.${step}.title`)}</h3>
            <p>{t(`landing.steps.${step}.text`)}</p>
          </li>
        ))}
      </ol>
    </section>
  );
}

const promises: readonly ['default' | 'stop' | 'quiet' | 'leave', IconName][] = [
  ['default', 'lock'],
  ['stop', 'stop'],
  ['quiet', 'quiet'],
  ['leave', 'leaf'],
];

function Promises() {
  const { t } = useTranslation();
  return (
    <section className={styles.dusk}>
      <div className={styles.section}>
        <h2>{t('landing.privacyTitle')}</h2>
        <ul className={styles.promises}>
          {promises.map(([name, icon]) => (
            <li key={name}>
              <Icon name={icon} size={26} />
              <div>
                <h3>{t(`landing.privacy.${name}.title`)}</h3>
                <p>{t(`landing.privacy.${name}.text`)}</p>
              </div>
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}

function Plans() {
  const { t } = useTranslation();
  const { data: plans } = usePlansQuery();
  if (!plans) return null;
  return (
    <section className={styles.section} id="plans">
      <h2>{t('landing.plans')}</h2>
      <p className={styles.lead}>{t('landing.plansLead')}</p>
      <div className={plansStyles.grid}>
        {plans.map((plan) => (
          <PlanCard isBelowHeading key={plan.id} plan={plan} />
        ))}
      </div>
    </section>
  );
}
