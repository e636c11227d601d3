import type { Me } from '@ptsdly/contract';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useExportMeMutation } from '../../api/account.ts';
import { useUpdateMeMutation } from '../../api/identity.ts';
import { toApiProblem } from '../../api/problem.ts';
import { problemText } from '../../i18n/problemText.ts';
import { Button } from '../../ui/Button.tsx';
import { Checkbox } from '../../ui/Checkbox.tsx';
import sections from '../../ui/Sections.module.css';
import { warn } from '../../ui/toasts.ts';
import { collect } from './collect.ts';
import styles from './Me.module.css';

/** What is written to me, and a copy of all that is kept about me. */
export function DataSection({ me }: { me: Me }) {
  const { t } = useTranslation();
  const [updateMe] = useUpdateMeMutation();
  const [exportMe] = useExportMeMutation();
  const [isPending, setPending] = useState(false);
  const download = async () => {
    setPending(true);
    try {
      const account = await exportMe().unwrap();
      save({ account, ...(await collect()) });
    } catch (thrown) {
      warn(problemText(t, toApiProblem(thrown)));
    }
    setPending(false);
  };
  return (
    <section className={sections.card}>
      <h2>{t('data.title')}</h2>
      <Checkbox
        isSelected={me.signInAlerts}
        onChange={(signInAlerts) => updateMe({ signInAlerts })}
        data-testid="sign-in-alerts"
      >
        {t('data.signInAlerts')}
      </Checkbox>
      <div className={sections.head}>
        <p className={styles.lead}>{t('data.exportText')}</p>
        <Button look="quiet" icon="download" isPending={isPending} onPress={download} data-testid="export">
          {t('data.export')}
        </Button>
      </div>
    </section>
  );
}

function save(data: object): void {
  const url = URL.createObjectURL(new Blob([JSON.stringify(data, null, 2)], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `ptsdly-${new Date().toISOString().slice(0, 10)}.json`;
  link.click();
  URL.revokeObjectURL(url);
}
