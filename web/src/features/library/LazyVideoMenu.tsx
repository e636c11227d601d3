import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import buttons from '../../ui/Button.module.css';
import { Icon } from '../../ui/Icon.tsx';
import { VideoMenu, type VideoMenuProps } from './VideoMenu.tsx';

/**
 * The menu of a card, which is made only when somebody comes near it: a list that is scrolled makes and throws away a
 * hundred of them in a second, and nobody has opened one.
 */
export function LazyVideoMenu(props: Omit<VideoMenuProps, 'begins'>) {
  const { t } = useTranslation();
  const [begins, setBegins] = useState<VideoMenuProps['begins'] | null>(null);
  if (begins) return <VideoMenu {...props} begins={begins} />;
  return (
    <button
      type="button"
      className={buttons.icon}
      tabIndex={props.isCurrent ? 0 : -1}
      aria-label={t('library.actionsFor', { title: props.video.title })}
      aria-haspopup="menu"
      onPointerEnter={({ pointerType }) => pointerType === 'mouse' && setBegins('closed')}
      onFocus={() => setBegins('focused')}
      onClick={() => setBegins('open')}
      data-testid="video-menu"
    >
      <Icon name="more" />
    </button>
  );
}
