import type { Video } from '@ptsdly/contract';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Loading } from '../../ui/Loading.tsx';
import { ProblemNotice } from '../../ui/Notice.tsx';
import { ForEach } from './ForEach.tsx';
import { LinkList } from './LinkList.tsx';
import { LinkOptions } from './LinkOptions.tsx';
import { LinkStats } from './LinkStats.tsx';
import { RevokeAll } from './RevokeAll.tsx';
import styles from './Sharing.module.css';
import { ShortUrl } from './ShortUrl.tsx';
import { useShareLink } from './useShareLink.ts';

interface ShareDialogProps {
  readonly serverId: string;
  readonly video: Video;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

export function ShareDialog({ serverId, video, isOpen, onClose }: ShareDialogProps) {
  const { t } = useTranslation();
  return (
    <Dialog title={t('share.title')} isOpen={isOpen} onClose={onClose}>
      <Sharing serverId={serverId} video={video} />
    </Dialog>
  );
}

function Sharing({ serverId, video }: { serverId: string; video: Video }) {
  const { t } = useTranslation();
  const { links, link, isMaking, problem, make, choose } = useShareLink(serverId, video);
  const sheet = useRef<HTMLDivElement>(null);
  const show = (id: string) => {
    choose(id);
    sheet.current?.scrollIntoView({ block: 'start', behavior: 'smooth' });
  };
  return (
    <div className={styles.sheet} ref={sheet}>
      {link && <ShortUrl link={link} title={video.title} />}
      {!link && isMaking && <Loading label={t('share.making')} />}
      {!link && !isMaking && !problem && <p className={styles.none}>{t('share.none')}</p>}
      {problem && <ProblemNotice problem={problem} />}
      {link && <LinkOptions key={link.id} link={link} level={3} />}
      {link && <LinkStats key={`stats-${link.id}`} link={link} />}
      {links.length > 0 && <LinkList links={links} shown={link} onChoose={show} />}
      <Button look="quiet" icon="link" onPress={make} isPending={isMaking} data-testid="new-link">
        {t('share.new')}
      </Button>
      <ForEach serverId={serverId} videoId={video.id} />
      {links.length > 1 && <RevokeAll videoId={video.id} count={links.length} />}
    </div>
  );
}
