import { useTranslation } from 'react-i18next';
import { useEnvelopesInfiniteQuery, useOpenLetterMutation } from '../../api/operator.ts';
import { problemText } from '../../i18n/problemText.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog, DialogActions } from '../../ui/Dialog.tsx';
import { formatMoment } from '../../ui/format.ts';
import { ProblemNotice } from '../../ui/Notice.tsx';
import sections from '../../ui/Sections.module.css';
import { warn } from '../../ui/toasts.ts';
import { MoreButton } from './MoreButton.tsx';
import styles from './Operator.module.css';

/** Letters that reached nobody because no mail server is configured; an administrator hands them on. */
export function Outbox() {
  const { t, i18n } = useTranslation();
  const found = useEnvelopesInfiniteQuery(undefined, { refetchOnMountOrArgChange: true });
  const { error } = found;
  const data = found.data?.pages.flatMap(({ items }) => items);
  const [open, { data: letter, isLoading, reset }] = useOpenLetterMutation();
  const read = async (id: string) => {
    const { error: refused } = await open(id);
    if (refused) warn(problemText(t, refused));
  };
  return (
    <section className={styles.section} aria-labelledby="outbox">
      <h2 id="outbox">{t('operator.outbox')}</h2>
      <p>{t('operator.outboxText')}</p>
      {error && <ProblemNotice problem={error} />}
      {data?.length === 0 && <p>{t('operator.noLetters')}</p>}
      <ul className={sections.list}>
        {data?.map(({ id, at, to, subject }) => (
          <li key={id} className={styles.account} data-testid="letter">
            <div className={styles.decided}>
              <strong>{subject}</strong>
              <span className={sections.byline}>
                <span>{to}</span>
                <time dateTime={at}>{formatMoment(at, i18n.language)}</time>
              </span>
            </div>
            <Button
              look="quiet"
              isDisabled={isLoading}
              onPress={() => void read(id)}
              data-testid="read-letter"
            >
              {t('operator.read')}
            </Button>
          </li>
        ))}
      </ul>
      <MoreButton found={found} />
      <Dialog title={letter?.subject ?? ''} isOpen={letter !== undefined} onClose={reset}>
        <p className={styles.letter} data-testid="letter-text">
          {letter?.text}
        </p>
        <DialogActions>
          <Button onPress={reset}>{t('actions.close')}</Button>
        </DialogActions>
      </Dialog>
    </section>
  );
}
