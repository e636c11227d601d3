import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import buttons from '../../ui/Button.module.css';
import { Icon } from '../../ui/Icon.tsx';
import { VideoMenu, type VideoMenuProps } from './VideoMenu.tsx';

/**
 * The menu of a card, which is made when somebody opens it: a list that is scrolled makes and throws away a hundred of
 * them in a second, and nobody has opened one.
 */
export function LazyVideoMenu(props: VideoMenuProps) {
  const { t } = useTranslation();
  const [isWanted, setWanted] = useState(false);
  if (isWanted) return <VideoMenu {...props} />;
  return (
    <button
      type="button"
      className={buttons.icon}
      tabIndex={props.isCurrent ? 0 : -1}
      aria-label={t('library.actionsFor', { title: props.video.title })}
      aria-haspopup="menu"
      onClick={() => setWanted(true)}
      data-testid="video-menu"
    >
      <Icon name="more" />
    </button>
  );
}
