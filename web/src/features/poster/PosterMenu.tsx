import type { Video } from '@ptsdly/contract';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { usePutPosterMutation, useReleasePosterMutation } from '../../api/pictures.ts';
import { problemText } from '../../i18n/problemText.ts';
import { IconButton } from '../../ui/Button.tsx';
import { Menu, MenuItem } from '../../ui/Menu.tsx';
import { say, warn } from '../../ui/toasts.ts';
import { shownVideo } from '../player/shownVideo.ts';
import { fileToJpeg, toJpeg } from './jpeg.ts';

/** The owner chooses the poster: the frame that is shown, a picture of their own, or whatever the server finds. */
export function PosterMenu({ serverUrl, video }: { serverUrl: string; video: Video }) {
  const { t } = useTranslation();
  const file = useRef<HTMLInputElement>(null);
  const [putPoster] = usePutPosterMutation();
  const [releasePoster] = useReleasePosterMutation();
  const ref = { serverUrl, id: video.id };
  const keep = async (drawing: Promise<Blob | null>) => {
    const jpeg = await drawing.catch(() => null);
    if (!jpeg) return warn(t('poster.undrawable'));
    const answer = await putPoster({ ...ref, jpeg });
    if (answer.error) warn(problemText(t, answer.error));
    else say(t('poster.kept'));
  };
  const takeFrame = () => {
    const shown = shownVideo();
    void keep(shown ? toJpeg(shown) : Promise.resolve(null));
  };
  const release = async () => {
    const answer = await releasePoster(ref);
    if (answer.error) warn(problemText(t, answer.error));
    else say(t('poster.released'));
  };
  return (
    <>
      <Menu
        label={t('poster.title')}
        trigger={<IconButton icon="image" label={t('poster.title')} data-testid="poster-menu" />}
      >
        {video.playable && (
          <MenuItem icon="play" onAction={takeFrame} testId="poster-frame">
            {t('poster.frame')}
          </MenuItem>
        )}
        <MenuItem icon="upload" onAction={() => file.current?.click()} testId="poster-file">
          {t('poster.file')}
        </MenuItem>
        {video.posterBy === 'owner' && (
          <MenuItem icon="retry" onAction={() => void release()} testId="poster-release">
            {t('poster.automatic')}
          </MenuItem>
        )}
      </Menu>
      <input
        ref={file}
        type="file"
        accept="image/jpeg,image/png,image/webp,image/avif"
        hidden
        aria-label={t('poster.file')}
        onChange={(event) => {
          const chosen = event.target.files?.[0];
          event.target.value = '';
          if (chosen) void keep(fileToJpeg(chosen));
        }}
        data-testid="poster-input"
      />
    </>
  );
}
