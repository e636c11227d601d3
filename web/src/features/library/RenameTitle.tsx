import type { Video } from '@ptsdly/contract';
import { useState } from 'react';
import { Form, type TextFieldProps } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { useChangeVideoMutation } from '../../api/media.ts';
import { problemText } from '../../i18n/problemText.ts';
import { IconButton } from '../../ui/Button.tsx';
import { TextField } from '../../ui/TextField.tsx';
import styles from './Library.module.css';

interface RenameTitleProps {
  readonly serverUrl: string;
  readonly video: Video;
  readonly onDone: () => void;
}

/** The title as a field, in its place: Enter keeps it, Escape leaves it as it was. */
export function RenameTitle({ serverUrl, video, onDone }: RenameTitleProps) {
  const { t } = useTranslation();
  const [title, setTitle] = useState(video.title);
  const [rename, { error, isLoading }] = useChangeVideoMutation();
  const save = async (event: React.FormEvent) => {
    event.preventDefault();
    const wanted = title.trim();
    if (wanted === '' || wanted === video.title) return onDone();
    const answer = await rename({ serverUrl, id: video.id, title: wanted });
    if (!answer.error) onDone();
  };
  const leave: TextFieldProps['onKeyDown'] = (event) => {
    if (event.key === 'Escape') onDone();
  };
  return (
    <Form className={styles.rename!} onSubmit={save}>
      <TextField
        label={t('library.renameLabel')}
        hideLabel
        autoFocus
        onFocus={({ target }) => (target as HTMLInputElement).select()}
        onKeyDown={leave}
        maxLength={200}
        value={title}
        onChange={setTitle}
        error={error && problemText(t, error)}
        testId="rename-field"
      />
      <IconButton
        type="submit"
        icon="check"
        label={t('actions.save')}
        isDisabled={isLoading}
        data-testid="rename-save"
      />
      <IconButton icon="close" label={t('actions.cancel')} onPress={onDone} />
    </Form>
  );
}
