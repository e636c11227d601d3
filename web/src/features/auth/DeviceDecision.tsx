import type { DeviceRequest } from '@ptsdly/contract';
import { useTranslation } from 'react-i18next';
import { useDecideDeviceGrantMutation } from '../../api/account.ts';
import { useMeQuery } from '../../api/identity.ts';
import { Button } from '../../ui/Button.tsx';
import { Notice, ProblemNotice } from '../../ui/Notice.tsx';
import styles from './Auth.module.css';
import { AuthCard } from './AuthCard.tsx';

interface DeviceDecisionProps {
  readonly asked: DeviceRequest;
  readonly code: string;
  readonly onDecided: (decision: 'approved' | 'refused') => void;
  readonly onBack: () => void;
}

/** Who asks for what; a code that somebody else has sent is how accounts are stolen (RFC 8628 §5.4). */
export function DeviceDecision({ asked, code, onDecided, onBack }: DeviceDecisionProps) {
  const { t } = useTranslation();
  const { data: me } = useMeQuery();
  const [decide, { error, isLoading }] = useDecideDeviceGrantMutation();
  const answer = async (approve: boolean) => {
    const { error: refused } = await decide({ userCode: code, approve });
    if (!refused) onDecided(approve ? 'approved' : 'refused');
  };
  return (
    <AuthCard
      title={t('device.askTitle', { name: asked.name })}
      lead={t('device.askLead', { account: me?.email ?? me?.name ?? '' })}
    >
      <ul className={styles.wishes} data-testid="device-wishes">
        {asked.scopes.map((scope) => (
          <li key={scope}>{t(`tokens.scope.${scope}`)}</li>
        ))}
      </ul>
      <Notice>{t('device.warning')}</Notice>
      {error && <ProblemNotice problem={error} />}
      <div className={styles.form}>
        <Button size="l" wide isPending={isLoading} onPress={() => answer(true)} data-testid="device-approve">
          {t('device.approve')}
        </Button>
        <Button look="quiet" size="l" wide onPress={() => answer(false)} data-testid="device-refuse">
          {t('device.refuse')}
        </Button>
        <Button look="plain" wide onPress={onBack}>
          {t('device.back')}
        </Button>
      </div>
    </AuthCard>
  );
}
