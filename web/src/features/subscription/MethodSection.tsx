import type { PaymentWay, Subscription } from '@ptsdly/contract';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useBeginCheckoutMutation } from '../../api/billing.ts';
import { Button } from '../../ui/Button.tsx';
import { Choice } from '../../ui/Choice.tsx';
import { ProblemNotice } from '../../ui/Notice.tsx';
import sections from '../../ui/Sections.module.css';
import styles from './Subscription.module.css';

interface MethodSectionProps {
  readonly subscription: Subscription;
  readonly ways: readonly PaymentWay[];
}

/** How it is paid. The method is given at the payment company, and only its name comes back. */
export function MethodSection({ subscription, ways }: MethodSectionProps) {
  const { t } = useTranslation();
  const [way, setWay] = useState<PaymentWay>(ways[0] ?? 'card');
  const [begin, { error, isLoading }] = useBeginCheckoutMutation();
  const { id, method, payment } = subscription;
  const press = async () => {
    const answer = await begin({ id, way });
    if (answer.error) return;
    if (answer.data.kind === 'redirect') return location.assign(answer.data.url);
    // A document of its own: only there the payment company's script may run.
    sessionStorage.setItem('ptsdly.checkout', JSON.stringify(answer.data));
    location.assign('/app/pay');
  };
  return (
    <section className={sections.card}>
      <header className={sections.head}>
        <div>
          <h2>{t('subscription.method')}</h2>
          <p className={styles.method} data-testid="method">
            {method ?? t('subscription.noMethod')}
          </p>
        </div>
      </header>
      {ways.length > 1 && (
        <Choice
          label={t('subscription.method')}
          hideLabel
          value={way}
          onChange={setWay}
          options={ways.map((value) => ({ value, label: t(`subscription.way.${value}`) }))}
        />
      )}
      {error && <ProblemNotice problem={error} />}
      <Button
        look={payment === 'method_needed' || payment === 'declined' ? 'primary' : 'quiet'}
        isPending={isLoading}
        isDisabled={payment === 'pending'}
        onPress={press}
        data-testid="give-method"
      >
        {t(method ? 'subscription.changeMethod' : 'subscription.giveMethod')}
      </Button>
      <p className={styles.note}>{t('subscription.methodNote')}</p>
    </section>
  );
}
