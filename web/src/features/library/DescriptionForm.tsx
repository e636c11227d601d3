import type { Video } from '@ptsdly/contract';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useChangeVideoMutation } from '../../api/media.ts';
import { problemText } from '../../i18n/problemText.ts';
import { say, warn } from '../../ui/toasts.ts';
import styles from './Dialogs.module.css';

/** A description that is kept when one leaves its field. */
export function DescriptionForm({ serverUrl, video }: { serverUrl: string; video: Video }) {
  const { t } = useTranslation();
  const id = useId();
  const [text, setText] = useState(video.description);
  const [change] = useChangeVideoMutation();
  const save = async () => {
    if (text.trim() === video.description) return;
    const { error } = await change({ serverUrl, id: video.id, description: text.trim() });
    if (error) warn(problemText(t, error));
    else say(t('library.descriptionSaved'));
  };
  return (
    <div className={styles.description}>
      <label htmlFor={id}>{t('library.description')}</label>
      <textarea
        id={id}
        rows={3}
        maxLength={5000}
        value={text}
        onChange={({ currentTarget }) => setText(currentTarget.value)}
        onBlur={() => void save()}
        placeholder={t('library.descriptionHint')}
        data-testid="description"
      />
    </div>
  );
}
