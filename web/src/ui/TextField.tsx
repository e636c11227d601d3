import { type ReactNode, useState } from 'react';
import {
  TextField as AriaTextField,
  type TextFieldProps as AriaTextFieldProps,
  FieldError,
  Input,
  Label,
  Text,
} from 'react-aria-components';
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

interface PasswordFieldProps extends Omit<TextFieldProps, 'type' | 'after'> {
  readonly showLabel: string;
  readonly hidePasswordLabel: string;
}

export function PasswordField({ showLabel, hidePasswordLabel, ...rest }: PasswordFieldProps) {
  const [shown, setShown] = useState(false);
  return (
    <TextField
      {...rest}
      type={shown ? 'text' : 'password'}
      spellCheck="false"
      after={
        <IconButton
          icon={shown ? 'eyeOff' : 'eye'}
          label={shown ? hidePasswordLabel : showLabel}
          className={styles.inside}
          onPress={() => setShown(!shown)}
        />
      }
    />
  );
}
