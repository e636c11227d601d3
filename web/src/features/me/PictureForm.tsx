import type { Me } from '@ptsdly/contract';
import { FileTrigger } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { useDeletePictureMutation, usePutPictureMutation } from '../../api/account.ts';
import { problemText } from '../../i18n/problemText.ts';
import { Button } from '../../ui/Button.tsx';
import { say, warn } from '../../ui/toasts.ts';
import styles from './Me.module.css';

const TYPES = ['image/jpeg', 'image/png', 'image/webp', 'image/avif', 'image/gif'];
const MOST_BYTES = 8_000_000;

/** My picture, round; the first letter of my name where there is none. */
export function PictureForm({ me }: { me: Me }) {
  const { t } = useTranslation();
  const [put, { isLoading }] = usePutPictureMutation();
  const [remove] = useDeletePictureMutation();
  const choose = async (files: FileList | null) => {
    const file = files?.[0];
    if (!file) return;
    if (file.size > MOST_BYTES) return warn(t('picture.tooLarge'));
    const answer = await put(await base64(file));
    if (answer.error)
      warn(answer.error.code === 'invalid_fields' ? t('picture.unreadable') : problemText(t, answer.error));
    else say(t('picture.saved'));
  };
  return (
    <div className={styles.picture}>
      {me.image ? (
        <img src={me.image} alt="" width="72" height="72" data-testid="my-picture" />
      ) : (
        <span aria-hidden="true">{me.name.slice(0, 1)}</span>
      )}
      <FileTrigger acceptedFileTypes={TYPES} onSelect={choose}>
        <Button look="quiet" isPending={isLoading} data-testid="choose-picture">
          {t(me.image ? 'picture.change' : 'picture.choose')}
        </Button>
      </FileTrigger>
      {me.image && (
        <Button look="plain" onPress={() => remove()}>
          {t('picture.remove')}
        </Button>
      )}
    </div>
  );
}

async function base64(file: File): Promise<string> {
  const url = await new Promise<string>((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
  return url.slice(url.indexOf(',') + 1);
}
