import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { renderSVG } from 'uqr';
import {
  useBeginSecondFactorMutation,
  useConfirmSecondFactorMutation,
  useEndSecondFactorMutation,
  useRenewRecoveryCodesMutation,
  useSecurityQuery,
} from '../../api/account.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog, DialogActions } from '../../ui/Dialog.tsx';
import { DialogForm } from '../../ui/DialogForm.tsx';
import { ProblemNotice } from '../../ui/Notice.tsx';
import sections from '../../ui/Sections.module.css';
import { TextField } from '../../ui/TextField.tsx';
import { say } from '../../ui/toasts.ts';
import styles from './Me.module.css';
import { ProofDialog } from './ProofDialog.tsx';
import { Secret } from './Secret.tsx';

type Step = 'none' | 'proof' | 'code' | 'codes' | 'renew' | 'end';

/** Codes of an authenticator app: switched on by the first code; off, and recovery codes anew, with the password. */
export function SecondFactorSection() {
  const { t } = useTranslation();
  const { data: security } = useSecurityQuery();
  const [step, setStep] = useState<Step>('none');
  const [begin, beginning] = useBeginSecondFactorMutation();
  const [end, ending] = useEndSecondFactorMutation();
  const [renew, renewing] = useRenewRecoveryCodesMutation();
  const [codes, setCodes] = useState<readonly string[]>([]);
  const isOn = security?.hasSecondFactor === true;
  const start = async (proof: { password?: string }) => {
    const answer = await begin(proof);
    if (answer.data) setStep('code');
  };
  const show = (fresh: readonly string[]) => {
    setCodes(fresh);
    setStep('codes');
  };
  const replace = async (proof: { password?: string }) => {
    const answer = await renew(proof);
    if (answer.data) show(answer.data.recoveryCodes);
  };
  const stop = async (proof: { password?: string }) => {
    const answer = await end(proof);
    if (answer.error) return;
    say(t('secondFactor.ended'));
    setStep('none');
  };
  const close = () => setStep('none');
  return (
    <section className={sections.card}>
      <header className={sections.head}>
        <h2>{t('secondFactor.title')}</h2>
        <Button look="quiet" onPress={() => setStep(isOn ? 'end' : 'proof')} data-testid="second-factor">
          {t(isOn ? 'secondFactor.end' : 'secondFactor.begin')}
        </Button>
      </header>
      <p className={styles.lead} data-testid="second-factor-state" data-on={isOn}>
        {isOn ? t('secondFactor.on', { count: security.recoveryCodesLeft }) : t('secondFactor.off')}
      </p>
      {isOn && (
        <div>
          <Button look="quiet" icon="retry" onPress={() => setStep('renew')} data-testid="renew-codes">
            {t('secondFactor.renew')}
          </Button>
        </div>
      )}
      <ProofDialog
        title={t('secondFactor.renewTitle')}
        text={t('secondFactor.renewText')}
        action={t('secondFactor.renew')}
        isOpen={step === 'renew'}
        isPending={renewing.isLoading}
        problem={renewing.error}
        onSubmit={replace}
        onClose={close}
      />
      <ProofDialog
        title={t('secondFactor.title')}
        text={t('secondFactor.beginText')}
        action={t('secondFactor.begin')}
        isOpen={step === 'proof'}
        isPending={beginning.isLoading}
        problem={beginning.error}
        onSubmit={start}
        onClose={close}
      />
      <ProofDialog
        title={t('secondFactor.endTitle')}
        text={t('secondFactor.endText')}
        action={t('secondFactor.end')}
        isOpen={step === 'end'}
        isPending={ending.isLoading}
        problem={ending.error}
        onSubmit={stop}
        onClose={close}
      />
      <Dialog title={t('secondFactor.scan')} isOpen={step === 'code'} onClose={close}>
        {beginning.data && (
          <FirstCode uri={beginning.data.uri} secret={beginning.data.secret} onClose={close} onDone={show} />
        )}
      </Dialog>
      <Dialog title={t('secondFactor.codesTitle')} isOpen={step === 'codes'}>
        <p>{t('secondFactor.codesText')}</p>
        <Secret value={codes.join('\n')} testId="recovery-codes" />
        <DialogActions>
          <Button onPress={close} data-testid="codes-kept">
            {t('tokens.kept')}
          </Button>
        </DialogActions>
      </Dialog>
    </section>
  );
}

interface FirstCodeProps {
  readonly uri: string;
  readonly secret: string;
  readonly onDone: (recoveryCodes: readonly string[]) => void;
  readonly onClose: () => void;
}

function FirstCode({ uri, secret, onDone, onClose }: FirstCodeProps) {
  const { t } = useTranslation();
  const [code, setCode] = useState('');
  const [confirm, { error, isLoading }] = useConfirmSecondFactorMutation();
  const picture = `data:image/svg+xml;utf8,${encodeURIComponent(renderSVG(uri, { ecc: 'M', border: 2 }))}`;
  const submit = async () => {
    const answer = await confirm(code.trim());
    if (answer.data) onDone(answer.data.recoveryCodes);
  };
  return (
    <DialogForm
      action={t('secondFactor.confirm')}
      isPending={isLoading}
      isReady={code.trim() !== ''}
      onSubmit={submit}
      onClose={onClose}
      submitTestId="first-code-submit"
    >
      <img className={styles.qr} src={picture} alt={t('secondFactor.qr')} width="200" height="200" />
      <p className={styles.lead}>{t('secondFactor.byHand')}</p>
      <code className={styles.byHand} data-testid="totp-secret">
        {secret}
      </code>
      <TextField
        label={t('secondFactor.code')}
        inputMode="numeric"
        autoComplete="one-time-code"
        maxLength={10}
        value={code}
        onChange={setCode}
        testId="first-code"
      />
      {error && <ProblemNotice problem={error} />}
    </DialogForm>
  );
}
