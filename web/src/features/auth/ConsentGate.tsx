import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAuthOptionsQuery, useMeQuery, usePutConsentsMutation } from '../../api/identity.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog, DialogActions } from '../../ui/Dialog.tsx';
import { ProblemNotice } from '../../ui/Notice.tsx';
import { Consents } from './Consents.tsx';
import { useSignOut } from './useSignOut.ts';

/** Asks for the consent to the present documents until it is given; social accounts come here without one. */
export function ConsentGate({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const { data: me } = useMeQuery();
  const documents = useAuthOptionsQuery().data?.documents;
  const [consent, setConsent] = useState({ terms: false, privacy: false });
  const [tried, setTried] = useState(false);
  const [putConsents, { error, isLoading }] = usePutConsentsMutation();
  const signOut = useSignOut();
  const missing =
    Boolean(me && documents) &&
    (me?.consents.terms !== documents?.terms || me?.consents.privacy !== documents?.privacy);
  const accept = () => {
    setTried(true);
    if (documents && consent.terms && consent.privacy) void putConsents(documents);
  };
  return (
    <>
      {children}
      <Dialog title={t('auth.consentTitle')} isOpen={missing}>
        <p>{t('auth.consentLead')}</p>
        <Consents value={consent} onChange={setConsent} missing={tried} />
        {error && <ProblemNotice problem={error} />}
        <DialogActions>
          <Button look="quiet" onPress={signOut}>
            {t('nav.signOut')}
          </Button>
          <Button onPress={accept} isPending={isLoading} data-testid="consent-submit">
            {t('auth.agree')}
          </Button>
        </DialogActions>
      </Dialog>
    </>
  );
}
