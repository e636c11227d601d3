import type { Subtitle } from '@ptsdly/contract';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useAddSubtitleMutation, useRemoveSubtitleMutation } from '../../api/library.ts';
import { problemText } from '../../i18n/problemText.ts';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { Button, IconButton } from '../../ui/Button.tsx';
import { say, warn } from '../../ui/toasts.ts';
import styles from './Dialogs.module.css';

interface SubtitleListProps {
  readonly serverUrl: string;
  readonly id: string;
  readonly subtitles: readonly Subtitle[];
}

/** The subtitles that the owner has added; a file of any kind and encoding will do. */
export function SubtitleList({ serverUrl, id, subtitles }: SubtitleListProps) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const input = useRef<HTMLInputElement>(null);
  const [add, { isLoading }] = useAddSubtitleMutation();
  const [remove] = useRemoveSubtitleMutation();
  const choose = async ({ currentTarget }: React.ChangeEvent<HTMLInputElement>) => {
    const [file] = currentTarget.files ?? [];
    if (!file) return;
    const { error } = await add({ serverUrl, id, file });
    currentTarget.value = '';
    if (error) warn(problemText(t, error));
    else say(t('library.subtitleAdded'));
  };
  return (
    <section className={styles.subtitles} aria-label={t('library.subtitles')}>
      <h3>{t('library.subtitles')}</h3>
      <ul>
        {subtitles.map((subtitle) => (
          <li key={subtitle.id} data-testid="subtitle">
            <span>
              {subtitle.label || languageName(subtitle.language, language) || t('library.unknownLanguage')}
            </span>
            <em>{t('library.cues', { count: subtitle.cues })}</em>
            <IconButton
              icon="trash"
              label={t('library.removeSubtitle', { language: subtitle.language })}
              onPress={() => void remove({ serverUrl, id, subtitleId: subtitle.id })}
            />
          </li>
        ))}
      </ul>
      <Button look="quiet" icon="captions" isPending={isLoading} onPress={() => input.current?.click()}>
        {t('library.addSubtitle')}
      </Button>
      <input
        ref={input}
        type="file"
        hidden
        accept=".srt,.vtt,.ass,.ssa,.smi"
        onChange={choose}
        data-testid="subtitle-input"
      />
    </section>
  );
}

function languageName(tag: string, language: string): string | undefined {
  return tag === 'und' ? undefined : new Intl.DisplayNames(language, { type: 'language' }).of(tag);
}
