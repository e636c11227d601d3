import type { ImportReport } from '@ptsdly/contract';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useImportLinksMutation } from '../../api/links.ts';
import { problemText } from '../../i18n/problemText.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { warn } from '../../ui/toasts.ts';
import styles from './Links.module.css';

/** Links out into a file, and in again. */
export function Transfer() {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  const [report, setReport] = useState<ImportReport>();
  const [importLinks, { isLoading }] = useImportLinksMutation();
  const read = async (file: File | undefined) => {
    if (!file) return;
    const body = bodyOf(await file.text());
    const answer = await importLinks(body);
    if (answer.error) warn(problemText(t, answer.error));
    else setReport(answer.data);
  };
  return (
    <div className={styles.transfer}>
      <a className={styles.download} href="/api/links/export?format=csv" download>
        {t('links.export')}
      </a>
      <a className={styles.download} href="/api/links/export?format=json" download>
        JSON
      </a>
      <Button
        look="quiet"
        isPending={isLoading}
        onPress={() => input.current?.click()}
        data-testid="import-links"
      >
        {t('links.import')}
      </Button>
      <input
        ref={input}
        type="file"
        accept=".csv,.json,text/csv,application/json"
        hidden
        data-testid="import-file"
        onChange={(event) => {
          void read(event.target.files?.[0]);
          event.target.value = '';
        }}
      />
      <Dialog title={t('links.imported')} isOpen={report !== undefined} onClose={() => setReport(undefined)}>
        <p data-testid="import-report">{t('links.importedCount', { count: report?.created ?? 0 })}</p>
        {report && report.remarks.length > 0 && (
          <ul className={styles.remarks}>
            {report.remarks.map(({ row, code, isCreated }) => (
              <li key={row}>
                {t('links.row', { row })} {t(`problems.${code}`)}
                {isCreated && ` ${t('links.withoutAlias')}`}
              </li>
            ))}
          </ul>
        )}
      </Dialog>
    </div>
  );
}

/** What a file holds: the JSON of our export, or a table. */
function bodyOf(text: string): { csv: string } | { links: unknown[] } {
  try {
    const { links } = JSON.parse(text) as { links?: unknown };
    if (Array.isArray(links)) return { links };
  } catch {
    // no JSON, so a table
  }
  return { csv: text };
}
