import type { ReactNode } from 'react';
import { Form } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { Button } from './Button.tsx';
import styles from './Dialog.module.css';
import { DialogActions } from './Dialog.tsx';

interface DialogFormProps {
  /** What the form does, on its button. */
  readonly action: string;
  readonly look?: 'primary' | 'danger';
  readonly isPending?: boolean;
  /** False while something is missing that the form cannot do without. */
  readonly isReady?: boolean;
  /** Who says what is wrong with a field: we, or the browser. */
  readonly validation?: 'aria' | 'native';
  readonly onSubmit: () => void;
  readonly onClose: () => void;
  readonly submitTestId: string;
  /** The fields. */
  readonly children: ReactNode;
}

/** The fields of a dialog, with the way out and the way on below them. */
export function DialogForm(props: DialogFormProps) {
  const { t } = useTranslation();
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    props.onSubmit();
  };
  return (
    <Form className={styles.form!} onSubmit={submit} validationBehavior={props.validation ?? 'aria'}>
      {props.children}
      <DialogActions>
        <Button look="quiet" onPress={props.onClose}>
          {t('actions.cancel')}
        </Button>
        <Button
          type="submit"
          look={props.look ?? 'primary'}
          isPending={props.isPending ?? false}
          isDisabled={props.isReady === false}
          data-testid={props.submitTestId}
        >
          {props.action}
        </Button>
      </DialogActions>
    </Form>
  );
}
