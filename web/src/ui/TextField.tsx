import { type ReactNode, useState } from 'react';
import {
  TextField as AriaTextField,
  type TextFieldProps as AriaTextFieldProps,
  FieldError,
  Input,
  Label,
  Text,
} from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { IconButton } from './Button.tsx';
import { cx } from './cx.ts';
import styles from './TextField.module.css';

interface TextFieldProps extends Omit<AriaTextFieldProps, 'className' | 'children'> {
  readonly label: string;
  /** Said under the field while nothing is wrong with it. */
  readonly hint?: string;
  /** What is wrong, in the user's language. */
  readonly error?: string;
  readonly hideLabel?: boolean;
  readonly className?: string;
  /** The browser journey finds the input by this name. */
  readonly testId?: string;
  readonly after?: ReactNode;
}

export function TextField({
  label,
  hint,
  error,
  hideLabel,
  className,
  testId,
  after,
  ...rest
}: TextFieldProps) {
  return (
    <AriaTextField
      {...rest}
      {...(hideLabel ? { 'aria-label': label } : {})}
      isInvalid={error !== undefined}
      className={cx(styles.field, className)}
    >
      {!hideLabel && <Label className={styles.label}>{label}</Label>}
      <div className={styles.box}>
        <Input className={styles.input} data-testid={testId} />
        {after}
      </div>
      {hint && error === undefined && (
        <Text slot="description" className={styles.hint}>
          {hint}
        </Text>
      )}
      <FieldError className={styles.error}>{error}</FieldError>
    </AriaTextField>
  );
}

type PasswordFieldProps = Omit<TextFieldProps, 'type' | 'after'>;

export function PasswordField(props: PasswordFieldProps) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(false);
  return (
    <TextField
      {...props}
      type={shown ? 'text' : 'password'}
      spellCheck="false"
      after={
        <IconButton
          icon={shown ? 'eyeOff' : 'eye'}
          label={t(shown ? 'auth.hidePassword' : 'auth.showPassword')}
          className={styles.inside}
          onPress={() => setShown(!shown)}
        />
      }
    />
  );
}

/** A password that somebody chooses now. */
export function NewPasswordField(props: Omit<PasswordFieldProps, 'hint' | 'autoComplete' | 'maxLength'>) {
  const { t } = useTranslation();
  return (
    <PasswordField {...props} hint={t('auth.passwordHint')} autoComplete="new-password" maxLength={200} />
  );
}
