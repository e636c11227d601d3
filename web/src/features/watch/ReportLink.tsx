import { createClient, linksApi, reportReasons } from '@ptsdly/contract';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type ApiProblem, toApiProblem } from '../../api/problem.ts';
import { problemText } from '../../i18n/problemText.ts';
import styles from './Report.module.css';

const links = createClient(
  { report: linksApi.reportLink },
  { fetch: (request) => fetch(request), baseUrl: location.origin },
);

/** Tells the operator what this link shows. The dialog is the browser's own: this page stays small. */
export function ReportLink({ code }: { code: string }) {
  const { t } = useTranslation();
  const dialog = useRef<HTMLDialogElement>(null);
  const [state, setState] = useState<'asking' | 'sending' | 'sent'>('asking');
  const [problem, setProblem] = useState<ApiProblem>();
  const close = () => dialog.current?.close();
  const send = async (form: FormData) => {
    const reason = reportReasons.find((one) => one === form.get('reason'));
    if (!reason) return;
    setState('sending');
    setProblem(undefined);
    try {
      await links.report({ params: { code }, body: { reason, detail: String(form.get('detail') ?? '') } });
      setState('sent');
    } catch (thrown) {
      setProblem(toApiProblem(thrown));
      setState('asking');
    }
  };
  const submit = (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    void send(new FormData(event.currentTarget));
  };
  return (
    <>
      <button
        type="button"
        className={styles.open}
        onClick={() => dialog.current?.showModal()}
        data-testid="report"
      >
        {t('watch.report.open')}
      </button>
      <dialog
        ref={dialog}
        className={styles.dialog}
        aria-labelledby="report-title"
        onClose={() => setState('asking')}
      >
        {state === 'sent' ? (
          <div className={styles.form} data-testid="report-sent">
            <h2 id="report-title">{t('watch.report.sentTitle')}</h2>
            <p role="status">{t('watch.report.sentText')}</p>
            <button type="button" className={styles.send} onClick={close}>
              {t('watch.report.close')}
            </button>
          </div>
        ) : (
          <form className={styles.form} onSubmit={submit}>
            <h2 id="report-title">{t('watch.report.title')}</h2>
            <fieldset className={styles.reasons}>
              <legend>{t('watch.report.why')}</legend>
              {reportReasons.map((reason) => (
                <label key={reason}>
                  <input
                    type="radio"
                    name="reason"
                    value={reason}
                    required
                    data-testid={`report-${reason}`}
                  />
                  {t(`watch.report.reasons.${reason}`)}
                </label>
              ))}
            </fieldset>
            <label className={styles.detail}>
              <span>{t('watch.report.detail')}</span>
              <textarea name="detail" rows={3} maxLength={1000} />
            </label>
            {problem && (
              <p role="alert" className={styles.problem}>
                {problemText(t, problem)}
              </p>
            )}
            <div className={styles.actions}>
              <button type="button" className={styles.cancel} onClick={close}>
                {t('watch.report.cancel')}
              </button>
              <button
                type="submit"
                className={styles.send}
                disabled={state === 'sending'}
                data-testid="report-send"
              >
                {t('watch.report.send')}
              </button>
            </div>
          </form>
        )}
      </dialog>
    </>
  );
}
