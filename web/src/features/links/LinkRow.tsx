import type { Link as ShortLink } from '@ptsdly/contract';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { IconButton } from '../../ui/Button.tsx';
import { Checkbox } from '../../ui/Checkbox.tsx';
import { cx } from '../../ui/cx.ts';
import { formatDay } from '../../ui/format.ts';
import sections from '../../ui/Sections.module.css';
import { say, warn } from '../../ui/toasts.ts';
import { copyText } from '../sharing/copy.ts';
import sharing from '../sharing/Sharing.module.css';
import { useFacts } from '../sharing/useFacts.ts';
import styles from './Links.module.css';

interface LinkRowProps {
  readonly link: ShortLink;
  readonly isChosen: boolean;
  readonly onChoose: (isChosen: boolean) => void;
}

export function LinkRow({ link, isChosen, onChoose }: LinkRowProps) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const name = link.label ?? link.recipient ?? link.videoTitle ?? `/${link.code}`;
  const copy = async () => {
    if (await copyText(link.url)) say(t('actions.copied'));
    else warn(t('actions.copyFailed'));
  };
  const facts = [...useFacts(link), t('links.made', { date: formatDay(link.createdAt, language) })];
  return (
    <li className={styles.row} data-testid="all-links-row" data-state={link.state}>
      <Checkbox isSelected={isChosen} onChange={onChoose} aria-label={t('links.choose', { name })}>
        {''}
      </Checkbox>
      <div className={styles.words}>
        <Link to={`/app/links/${link.id}`} className={styles.name}>
          {name}
        </Link>
        <p className={sections.byline}>
          <span className={cx(sharing.state, sharing[link.state])}>{t(`share.states.${link.state}`)}</span>
          {link.videoTitle && name !== link.videoTitle && <span>{link.videoTitle}</span>}
          <span>{facts.join(' · ')}</span>
        </p>
      </div>
      <IconButton icon="copy" label={t('share.copyLink', { url: link.url })} onPress={copy} />
    </li>
  );
}
