import { useState } from 'react';
import { Form } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { useFindDeviceGrantMutation } from '../../api/account.ts';
import { useTitle } from '../../app/useTitle.ts';
import { Button } from '../../ui/Button.tsx';
import { EmptyState, ProblemNotice } from '../../ui/Notice.tsx';
import { TextField } from '../../ui/TextField.tsx';
import styles from './Auth.module.css';
import { AuthCard } from './AuthCard.tsx';
import { DeviceDecision } from './DeviceDecision.tsx';

/** A program shows a code; here it is typed in, and its owner sees who asks for what (RFC 8628 §3.3). */
export function Component() {
  const { t } = useTranslation();
  useTitle(t('device.title'));
  const [search] = useSearchParams();
  const [code, setCode] = useState(search.get('code') ?? '');
  const [tried, setTried] = useState(false);
  const [decided, setDecided] = useState<'approved' | 'refused'>();
  const [find, { data: asked, error, isLoading, reset }] = useFindDeviceGrantMutation();
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (isWhole(code)) void find(code);
  };
  if (decided) {
    const icon = decided === 'approved' ? 'check' : 'leaf';
    return <EmptyState icon={icon} title={t(`device.${decided}Title`)} text={t(`device.${decided}Text`)} />;
  }
  if (asked) return <DeviceDecision asked={asked} code={code} onDecided={setDecided} onBack={reset} />;
  return (
    <AuthCard title={t('device.title')} lead={t('device.lead')}>
      <Form className={styles.form!} onSubmit={submit} validationBehavior="aria">
        <TextField
          label={t('device.code')}
          hint={t('device.codeHint')}
          autoComplete="off"
          spellCheck="false"
          maxLength={20}
          autoFocus
          className={styles.userCode!}
          value={code}
          onChange={(typed) => setCode(typed.toUpperCase())}
          error={tried && !isWhole(code) ? t('device.codeMissing') : undefined}
          testId="device-code"
        />
        {error && <ProblemNotice problem={error} />}
        <Button type="submit" size="l" wide isPending={isLoading} data-testid="device-next">
          {t('device.next')}
        </Button>
      </Form>
    </AuthCard>
  );
}

const isWhole = (code: string) => code.replace(/[^A-Za-z]/g, '').length === 8;
