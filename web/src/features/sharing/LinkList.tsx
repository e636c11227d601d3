import type { Link } from '@ptsdly/contract';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useRevokeLinkMutation } from '../../api/links.ts';
import { problemText } from '../../i18n/problemText.ts';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { Button, IconButton } from '../../ui/Button.tsx';
import { ConfirmDialog } from '../../ui/Dialog.tsx';
import { formatMoment } from '../../ui/format.ts';
import { say, warn } from '../../ui/toasts.ts';
import { copyText } from './copy.ts';
import { isExpired } from './expiry.ts';
import styles from './Sharing.module.css';

export function LinkList({ links }: { links: readonly Link[] }) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState<Link>();
  const [revoke, { isLoading }] = useRevokeLinkMutation();
  const confirm = async () => {
    if (!asking) return;
    const answer = await revoke(asking.id);
    setAsking(undefined);
    if (answer.error) warn(problemText(t, answer.error));
    else say(t(answer.data.stopped === true ? 'share.revoked' : 'share.revokedPending'));
  };
  return (
    <section className={styles.list}>
      <h3>{t('share.links')}</h3>
      <ul>
        {links.map((link) => (
          <LinkRow key={link.id} link={link} onRevoke={() => setAsking(link)} />
        ))}
      </ul>
      <ConfirmDialog
        title={t('share.revokeTitle')}
        text={t('share.revokeText')}
        action={t('share.revoke')}
        isOpen={asking !== undefined}
        isPending={isLoading}
        onConfirm={confirm}
        onClose={() => setAsking(undefined)}
        testId="confirm-revoke"
      />
    </section>
  );
}

function LinkRow({ link, onRevoke }: { link: Link; onRevoke: () => void }) {
  const { t } = useTranslation();
  const copy = async () => {
    if (await copyText(link.url)) say(t('actions.copied'));
    else warn(t('actions.copyFailed'));
  };
  return (
    <li className={styles.link} data-testid="link-row" data-code={link.code}>
      <div className={styles.words}>
        <p className={styles.code}>{link.label ?? `/${link.code}`}</p>
        <p className={styles.facts}>{useFacts(link).join(' · ')}</p>
      </div>
      <IconButton icon="copy" label={t('share.copyLink', { url: link.url })} onPress={copy} />
      <Button look="danger" onPress={onRevoke} data-testid="revoke">
        {t('share.revoke')}
      </Button>
    </li>
  );
}

function useFacts(link: Link): string[] {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const facts = [t('share.views', { count: link.views })];
  if (link.label) facts.unshift(`/${link.code}`);
  if (isExpired(link.expiresAt)) facts.push(t('share.expired'));
  else if (link.expiresAt) facts.push(t('share.until', { date: formatMoment(link.expiresAt, language) }));
  if (link.allowDownload) facts.push(t('share.downloadable'));
  return facts;
}
