import { Label, Radio, RadioGroup } from 'react-aria-components';
import styles from './Choice.module.css';

interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly hideLabel?: boolean;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly label: string }[];
  readonly onChange: (value: T) => void;
}

/** A few options side by side, one of them chosen. */
export function Choice<T extends string>({ label, hideLabel, value, options, onChange }: ChoiceProps<T>) {
  return (
    <RadioGroup
      className={styles.group!}
      orientation="horizontal"
      value={value}
      onChange={(chosen) => onChange(chosen as T)}
      {...(hideLabel ? { 'aria-label': label } : {})}
    >
      {!hideLabel && <Label className={styles.label}>{label}</Label>}
      <div className={styles.options}>
        {options.map((option) => (
          <Radio key={option.value} value={option.value} className={styles.option!}>
            {option.label}
          </Radio>
        ))}
      </div>
    </RadioGroup>
  );
}
