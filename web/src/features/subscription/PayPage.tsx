import { checkout } from '@ptsdly/contract';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useTitle } from '../../app/useTitle.ts';
import { LinkButton } from '../../ui/Button.tsx';
import { Loading } from '../../ui/Loading.tsx';
import { EmptyState } from '../../ui/Notice.tsx';
import styles from './Subscription.module.css';

interface PortOne {
  requestIssueBillingKey(request: object): Promise<{ billingKey?: string; code?: string } | undefined>;
}

/** Opens the payment company's window in a document that has no other use. */
export function Component() {
  const { t } = useTranslation();
  useTitle(t('subscription.method'));
  const [failed, setFailed] = useState(false);
  const opened = useRef(false);
  useEffect(() => {
    if (opened.current) return;
    opened.current = true;
    openWindow().then(
      (query) => location.replace(`/app/subscription?${query}`),
      () => setFailed(true),
    );
  }, []);
  if (failed) {
    return (
      <EmptyState isPage icon="alert" tone="bad" title={t('subscription.windowFailed')}>
        <LinkButton to="/app/subscription" reloadDocument>
          {t('subscription.backHere')}
        </LinkButton>
      </EmptyState>
    );
  }
  return (
    <div className={styles.opening}>
      <Loading />
      <p>{t('subscription.opening')}</p>
    </div>
  );
}

/** What the way back is told. On phones the window leads back by itself, and this never resolves. */
async function openWindow(): Promise<URLSearchParams> {
  const begun = checkout.parse(JSON.parse(sessionStorage.getItem('ptsdly.checkout') ?? 'null'));
  if (begun.kind !== 'portone') throw new Error('there is no checkout');
  await loadScript(begun.script);
  const { PortOne: portOne } = window as Window & { PortOne?: PortOne };
  if (!portOne) throw new Error('the script brought nothing');
  const { billingKey, code } = (await portOne.requestIssueBillingKey(begun.request)) ?? {};
  return new URLSearchParams(billingKey && !code ? { billingKey } : { code: code ?? 'canceled' });
}

/** PortOne's own; the policy of this page says from where it may come. */
function loadScript(address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = address;
    script.onload = () => resolve();
    script.onerror = () => reject(new Error('the script did not load'));
    document.head.append(script);
  });
}
