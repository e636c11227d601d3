import { startAuthentication } from '@simplewebauthn/browser';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { usePasskeySignInOptionsMutation, useSignInPasskeyMutation } from '../../api/account.ts';
import { type AnyProblem, toApiProblem } from '../../api/problem.ts';
import { Button } from '../../ui/Button.tsx';
import { ProblemNotice } from '../../ui/Notice.tsx';
import { wasCancelled } from './passkeys.ts';

/** Signs in with a passkey, where the browser knows them. */
export function PasskeyButton({ next }: { next: string }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [options] = usePasskeySignInOptionsMutation();
  const [signIn, { isLoading }] = useSignInPasskeyMutation();
  const [problem, setProblem] = useState<AnyProblem>();
  if (!('PublicKeyCredential' in window)) return null;
  const begin = async () => {
    setProblem(undefined);
    try {
      const ceremony = await options().unwrap();
      const response = await startAuthentication({ optionsJSON: ceremony.options as never });
      await signIn(response as unknown as Record<string, unknown>).unwrap();
      await navigate(next, { replace: true });
    } catch (thrown) {
      if (!wasCancelled(thrown)) setProblem(toApiProblem(thrown));
    }
  };
  return (
    <>
      <Button
        look="quiet"
        size="l"
        wide
        icon="lock"
        isPending={isLoading}
        onPress={begin}
        data-testid="sign-in-passkey"
      >
        {t('passkeys.signIn')}
      </Button>
      {problem && <ProblemNotice problem={problem} />}
    </>
  );
}
