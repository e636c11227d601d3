import type { Subscription } from '@ptsdly/contract';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { useSetMethodMutation } from '../../api/billing.ts';
import { say } from '../../ui/toasts.ts';

/**
 * Back from the payment company, which has put the name of what was given into the address: `method` (Stripe) or
 * `billingKey` (PortOne), or `code` where nothing was given. The address is cleaned, so that loading the page again asks
 * nothing twice.
 */
export function useReturn(subscription: Subscription | null) {
  const { t } = useTranslation();
  const [search, setSearch] = useSearchParams();
  const reference = search.get('method') ?? search.get('billingKey');
  const wasCanceled = useRef(false);
  const asked = useRef(false);
  const [setMethod, { error, isLoading }] = useSetMethodMutation();
  if (search.has('code')) wasCanceled.current = true;
  useEffect(() => {
    if (search.has('code')) setSearch({}, { replace: true });
    if (!reference || !subscription || asked.current) return;
    asked.current = true;
    void setMethod({ id: subscription.id, reference }).then((answer) => {
      if (answer.data?.method && answer.data.payment !== 'declined') say(t('subscription.methodSet'));
      setSearch({}, { replace: true });
    });
  }, [reference, subscription, search, setSearch, setMethod, t]);
  return { error, isChecking: isLoading, wasCanceled: wasCanceled.current };
}
