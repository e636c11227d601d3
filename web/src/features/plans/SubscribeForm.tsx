import type { PaymentProvider, Plan } from '@ptsdly/contract';
import { useEffect, useRef, useState } from 'react';
import { Form } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { fieldReason } from '../../api/problem.ts';
import { useLazyServersQuery, useSubscribeMutation } from '../../api/subscriptions.ts';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { Button, LinkButton } from '../../ui/Button.tsx';
import { ProblemNotice } from '../../ui/Notice.tsx';
import { TextField } from '../../ui/TextField.tsx';
import styles from './Plans.module.css';

export function SubscribeForm({ plan, payments }: { plan: Plan; payments: PaymentProvider }) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const navigate = useNavigate();
  const form = useRef<HTMLFormElement>(null);
  const [serverName, setServerName] = useState('');
  // One key for this attempt: sending it twice subscribes once.
  const [idempotencyKey] = useState(() => crypto.randomUUID());
  const [loadServers] = useLazyServersQuery();
  const [subscribe, { error, isLoading }] = useSubscribeMutation();
  useEffect(() => {
    form.current?.scrollIntoView({ block: 'nearest', behavior: 'smooth' });
  }, []);
  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    const answer = await subscribe({
      planId: plan.id,
      serverName: serverName.trim() || t('server.defaultName'),
      idempotencyKey,
      timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    });
    if (answer.error) return;
    if (answer.data.state === 'incomplete') return void (await navigate('/app/subscription'));
    // The server page would send somebody without a server back here.
    await loadServers();
    await navigate('/app/server');
  };
  return (
    <Form ref={form} className={styles.form!} onSubmit={submit} validationBehavior="aria">
      <h2>{t('plans.yourChoice', { name: plan.name[language] })}</h2>
      <TextField
        label={t('plans.serverName')}
        hint={t('plans.serverNameHint')}
        maxLength={60}
        value={serverName}
        onChange={setServerName}
        error={fieldReason(error, 'serverName')}
        testId="server-name"
      />
      {error && (
        <ProblemNotice problem={error}>
          {error.code === 'already_subscribed' && (
            <LinkButton to="/app/server" look="quiet">
              {t('plans.goServer')}
            </LinkButton>
          )}
        </ProblemNotice>
      )}
      <Button type="submit" size="l" isPending={isLoading} data-testid="subscribe">
        {t(payments !== 'none' && plan.price.amount > 0 ? 'plans.payNext' : 'plans.subscribe')}
      </Button>
    </Form>
  );
}
