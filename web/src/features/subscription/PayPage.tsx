import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useTitle } from '../../app/useTitle.ts';
import { LinkButton } from '../../ui/Button.tsx';
import { Loading } from '../../ui/Loading.tsx';
import { EmptyState } from '../../ui/Notice.tsx';
import styles from './Subscription.module.css';

/** PortOne's own script (developers.portone.io/sdk/ko/v2-sdk), which may only come from its address. */
const SCRIPT = 'https://cdn.portone.io/v2/browser-sdk.js';

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
      <EmptyState icon="alert" tone="bad" title={t('subscription.windowFailed')}>
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
  const request: unknown = JSON.parse(sessionStorage.getItem('ptsdly.checkout') ?? 'null');
  if (typeof request !== 'object' || request === null) throw new Error('there is no checkout');
  await loadScript();
  const { PortOne: portOne } = window as Window & { PortOne?: PortOne };
  if (!portOne) throw new Error('the script brought nothing');
  const { billingKey, code } = (await portOne.requestIssueBillingKey(request)) ?? {};
  return new URLSearchParams(billingKey && !code ? { billingKey } : { code: code ?? 'canceled' });
}

function loadScript(): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = SCRIPT;
    script.onload = () => resolve();
    script.onerror = () => reject(new Error('the script did not load'));
    document.head.append(script);
  });
}
