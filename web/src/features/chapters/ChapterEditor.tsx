import type { Chapter, Video, VideoDetails } from '@ptsdly/contract';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { usePutChaptersMutation } from '../../api/library.ts';
import type { VideoRef } from '../../api/media.ts';
import { problemText } from '../../i18n/problemText.ts';
import { Button, IconButton } from '../../ui/Button.tsx';
import { TextField } from '../../ui/TextField.tsx';
import { say, warn } from '../../ui/toasts.ts';
import { shownVideo } from '../player/shownVideo.ts';
import styles from './Chapters.module.css';
import { writeClock } from './clock.ts';
import { chaptersOf, type Draft, type DraftFault, draftOf, faultsOf } from './drafts.ts';

interface ChapterEditorProps extends VideoRef {
  readonly video: Video;
  readonly details: Pick<VideoDetails, 'chapters'>;
}

/** What is written here is of these chapters; other ones come with an editor of their own. */
export const keyOf = (chapters: readonly Chapter[]) => JSON.stringify(chapters);

const mostChapters = 200;

/** The chapters that the owner sets by hand; a new one begins where the player on this page stands. */
export function ChapterEditor({ video, details: { chapters }, ...ref }: ChapterEditorProps) {
  const { t } = useTranslation();
  const [drafts, setDrafts] = useState<readonly Draft[]>(() => chapters.map(draftOf));
  const [faults, setFaults] = useState<ReadonlyMap<number, DraftFault>>(new Map());
  const [put, { isLoading }] = usePutChaptersMutation();
  const isChanged = JSON.stringify(chapters.map(draftOf)) !== JSON.stringify(drafts);
  const change = (key: number, part: Partial<Draft>) =>
    setDrafts(drafts.map((draft) => (draft.key === key ? { ...draft, ...part } : draft)));
  const add = () => {
    const startAt = drafts.length === 0 ? 0 : (shownVideo()?.currentTime ?? 0);
    const key = Math.max(-1, ...drafts.map((draft) => draft.key)) + 1;
    setDrafts([...drafts, { key, time: writeClock(startAt), title: '', exact: null }]);
  };
  const save = async (event: React.FormEvent) => {
    event.preventDefault();
    const found = faultsOf(drafts, video.duration);
    setFaults(found);
    if (found.size > 0) return;
    const { error } = await put({ ...ref, items: chaptersOf(drafts) });
    if (error) warn(problemText(t, error));
    else say(t('chapters.saved'));
  };
  return (
    <section className={styles.chapters} aria-label={t('chapters.title')}>
      <h2>{t('chapters.title')}</h2>
      {drafts.length === 0 && <p className={styles.none}>{t('chapters.none')}</p>}
      <Form onSubmit={save} className={styles.form!} validationBehavior="aria">
        {drafts.map((draft) => (
          <Row
            key={draft.key}
            draft={draft}
            fault={faults.get(draft.key)}
            onChange={(part) => change(draft.key, part)}
            onRemove={() => setDrafts(drafts.filter(({ key }) => key !== draft.key))}
          />
        ))}
        <div className={styles.actions}>
          <Button
            look="quiet"
            icon="list"
            onPress={add}
            isDisabled={drafts.length >= mostChapters}
            data-testid="chapter-add"
          >
            {t('chapters.add')}
          </Button>
          {isChanged && (
            <Button type="submit" isPending={isLoading} data-testid="chapters-save">
              {t('actions.save')}
            </Button>
          )}
        </div>
      </Form>
    </section>
  );
}

interface RowProps {
  readonly draft: Draft;
  readonly fault: DraftFault | undefined;
  readonly onChange: (part: Partial<Draft>) => void;
  readonly onRemove: () => void;
}

function Row({ draft, fault, onChange, onRemove }: RowProps) {
  const { t } = useTranslation();
  const words = fault && t(`chapters.${fault}`);
  const [timeFault, nameFault] = fault === 'noName' ? [undefined, words] : [words, undefined];
  return (
    <div className={styles.row} data-testid="chapter">
      <TextField
        label={t('chapters.time')}
        hideLabel
        inputMode="numeric"
        maxLength={12}
        value={draft.time}
        onChange={(time) => onChange({ time })}
        error={timeFault}
        className={styles.time}
        testId="chapter-time"
      />
      <TextField
        label={t('chapters.name')}
        hideLabel
        maxLength={200}
        value={draft.title}
        onChange={(title) => onChange({ title })}
        error={nameFault}
        autoFocus={draft.exact === null && draft.title === ''}
        className={styles.title}
        testId="chapter-title"
      />
      <IconButton
        icon="trash"
        label={t('chapters.remove', { title: draft.title || draft.time })}
        onPress={onRemove}
        data-testid="chapter-remove"
      />
    </div>
  );
}
