import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../ui/Button.tsx';
import { ImportDialog } from './ImportDialog.tsx';

/** Opens the form that fetches a video from another address. */
export function ImportButton({ serverUrl }: { serverUrl: string }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button look="quiet" icon="link" onPress={() => setOpen(true)} data-testid="import-button">
        {t('imports.button')}
      </Button>
      {isOpen && <ImportDialog serverUrl={serverUrl} onClose={() => setOpen(false)} />}
    </>
  );
}
