import type { Video } from '@ptsdly/contract';
import { useTranslation } from 'react-i18next';
import { useDeleteVideoMutation } from '../../api/media.ts';
import { problemText } from '../../i18n/problemText.ts';
import { ConfirmDialog } from '../../ui/Dialog.tsx';
import { say, warn } from '../../ui/toasts.ts';

interface DeleteVideoDialogProps {
  readonly serverUrl: string;
  readonly video: Video;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly onDeleted?: () => void;
}

export function DeleteVideoDialog({ serverUrl, video, isOpen, onClose, onDeleted }: DeleteVideoDialogProps) {
  const { t } = useTranslation();
  const [deleteVideo, { isLoading }] = useDeleteVideoMutation();
  const confirm = async () => {
    const answer = await deleteVideo({ serverUrl, id: video.id });
    onClose();
    if (answer.error) return warn(problemText(t, answer.error));
    say(t('library.deleted'));
    onDeleted?.();
  };
  return (
    <ConfirmDialog
      title={t('library.deleteTitle')}
      text={t('library.deleteText', { title: video.title })}
      action={t('actions.delete')}
      isOpen={isOpen}
      isPending={isLoading}
      onConfirm={confirm}
      onClose={onClose}
      testId="confirm-delete"
    />
  );
}
