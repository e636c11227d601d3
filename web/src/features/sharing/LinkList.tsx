import type { Link } from '@ptsdly/contract';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useRevokeLinkMutation } from '../../api/links.ts';
import { problemText } from '../../i18n/problemText.ts';
import { Button, IconButton } from '../../ui/Button.tsx';
import { cx } from '../../ui/cx.ts';
import { ConfirmDialog } from '../../ui/Dialog.tsx';
import { say, warn } from '../../ui/toasts.ts';
import { copyText } from './copy.ts';
import styles from './Sharing.module.css';
import { useFacts } from './useFacts.ts';

interface LinkListProps {
  readonly links: readonly Link[];
  /** The one whose address and settings stand above. */
  readonly shown: Link | undefined;
  readonly onChoose: (id: string) => void;
}

export function LinkList({ links, shown, onChoose }: LinkListProps) {
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
          <LinkRow
            key={link.id}
            link={link}
            isShown={link.id === shown?.id}
            onChoose={() => onChoose(link.id)}
            onRevoke={() => setAsking(link)}
          />
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

interface LinkRowProps {
  readonly link: Link;
  readonly isShown: boolean;
  readonly onChoose: () => void;
  readonly onRevoke: () => void;
}

function LinkRow({ link, isShown, onChoose, onRevoke }: LinkRowProps) {
  const { t } = useTranslation();
  const copy = async () => {
    if (await copyText(link.url)) say(t('actions.copied'));
    else warn(t('actions.copyFailed'));
  };
  return (
    <li
      className={styles.link}
      data-testid="link-row"
      data-code={link.code}
      data-state={link.state}
      aria-current={isShown}
    >
      <div className={styles.words}>
        <p className={styles.code}>{link.recipient ?? link.label ?? `/${link.alias ?? link.code}`}</p>
        <p className={styles.facts}>
          <span className={cx(styles.state, styles[link.state])}>{t(`share.states.${link.state}`)}</span>{' '}
          {useFacts(link).join(' · ')}
        </p>
      </div>
      {!isShown && <IconButton icon="edit" label={t('share.choose', { url: link.url })} onPress={onChoose} />}
      <IconButton icon="copy" label={t('share.copyLink', { url: link.url })} onPress={copy} />
      <Button look="danger" onPress={onRevoke} data-testid="revoke">
        {t('share.revoke')}
      </Button>
    </li>
  );
}
