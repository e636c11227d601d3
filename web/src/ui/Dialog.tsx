import type { ReactNode } from 'react';
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { Button, IconButton } from './Button.tsx';
import styles from './Dialog.module.css';

interface DialogProps {
  readonly title: string;
  readonly isOpen: boolean;
  /** Without it the dialog stays until its work is done. */
  readonly onClose?: () => void;
  readonly role?: 'dialog' | 'alertdialog';
  readonly children: ReactNode;
}

/** In the middle of a wide screen; rises from the lower edge of a phone. */
export function Dialog({ title, isOpen, onClose, role = 'dialog', children }: DialogProps) {
  const { t } = useTranslation();
  const canLeave = onClose !== undefined;
  return (
    <ModalOverlay
      className={styles.overlay!}
      isOpen={isOpen}
      isDismissable={canLeave && role === 'dialog'}
      isKeyboardDismissDisabled={!canLeave}
      onOpenChange={(open) => !open && onClose?.()}
    >
      <Modal className={styles.modal!}>
        <AriaDialog className={styles.dialog!} role={role}>
          <header className={styles.header}>
            <Heading slot="title" className={styles.title}>
              {title}
            </Heading>
            {canLeave && <IconButton icon="close" label={t('actions.close')} onPress={onClose} />}
          </header>
          {children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

interface ConfirmProps {
  readonly title: string;
  readonly text: string;
  readonly action: string;
  readonly isOpen: boolean;
  readonly isPending?: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
  readonly testId?: string;
}

/** Asks once more before something that cannot be undone. */
export function ConfirmDialog(props: ConfirmProps) {
  const { t } = useTranslation();
  return (
    <Dialog role="alertdialog" title={props.title} isOpen={props.isOpen} onClose={props.onClose}>
      <p className={styles.text}>{props.text}</p>
      <DialogActions>
        <Button look="quiet" autoFocus onPress={props.onClose}>
          {t('actions.cancel')}
        </Button>
        <Button
          look="danger"
          isPending={props.isPending}
          onPress={props.onConfirm}
          data-testid={props.testId ?? 'confirm'}
        >
          {props.action}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

export function DialogActions({ children }: { children: ReactNode }) {
  return <div className={styles.actions}>{children}</div>;
}
