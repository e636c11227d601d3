import { hasRole } from '@ptsdly/contract';
import { useTranslation } from 'react-i18next';
import { useMeQuery } from '../../api/identity.ts';
import { useTitle } from '../../app/useTitle.ts';
import { EmptyState } from '../../ui/Notice.tsx';
import sections from '../../ui/Sections.module.css';
import { Accounts } from './Accounts.tsx';
import { AuditTrail } from './AuditTrail.tsx';
import { Outbox } from './Outbox.tsx';
import { Refunds } from './Refunds.tsx';
import { ReportQueue } from './ReportQueue.tsx';
import { TakenDown } from './TakenDown.tsx';

/** Reported links, those that were taken down, accounts, letters that were kept and what was done about them; support looks, administrators act. */
export function Component() {
  const { t } = useTranslation();
  useTitle(t('operator.title'));
  const { data: me } = useMeQuery();
  if (!me) return null;
  if (!hasRole(me.role, 'support')) return <EmptyState isPage icon="user" title={t('operator.forbidden')} />;
  const acts = hasRole(me.role, 'admin');
  return (
    <div className={sections.wide}>
      <h1>{t('operator.title')}</h1>
      <ReportQueue acts={acts} />
      <TakenDown acts={acts} />
      <Accounts acts={acts} />
      <Refunds />
      {acts && <Outbox />}
      <AuditTrail />
    </div>
  );
}
