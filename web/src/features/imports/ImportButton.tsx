import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../../ui/Button.tsx';
import { ImportDialog } from './ImportDialog.tsx';

/** Opens the form that fetches a video from another address. */
export function ImportButton({ serverUrl }: { serverUrl: string }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <IconButton
        icon="link"
        label={t('imports.button')}
        onPress={() => setOpen(true)}
        data-testid="import-button"
      />
      {isOpen && <ImportDialog serverUrl={serverUrl} onClose={() => setOpen(false)} />}
    </>
  );
}
