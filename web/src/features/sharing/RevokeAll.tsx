import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useRevokeLinksMutation } from '../../api/links.ts';
import { problemText } from '../../i18n/problemText.ts';
import { Button } from '../../ui/Button.tsx';
import { ConfirmDialog } from '../../ui/Dialog.tsx';
import { say, warn } from '../../ui/toasts.ts';

/** Ends every link of a video in one step. */
export function RevokeAll({ videoId, count }: { videoId: string; count: number }) {
  const { t } = useTranslation();
  const [isAsking, setAsking] = useState(false);
  const [revokeAll, { isLoading }] = useRevokeLinksMutation();
  const confirm = async () => {
    const answer = await revokeAll(videoId);
    setAsking(false);
    if (answer.error) warn(problemText(t, answer.error));
    else say(t(answer.data.stopped === true ? 'share.revoked' : 'share.revokedPending'));
  };
  return (
    <>
      <Button look="danger" onPress={() => setAsking(true)} data-testid="revoke-all">
        {t('share.revokeAll', { count })}
      </Button>
      <ConfirmDialog
        title={t('share.revokeAllTitle')}
        text={t('share.revokeText')}
        action={t('share.revoke')}
        isOpen={isAsking}
        isPending={isLoading}
        onConfirm={confirm}
        onClose={() => setAsking(false)}
        testId="confirm-revoke-all"
      />
    </>
  );
}
