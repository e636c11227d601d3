import type { CSSProperties } from 'react';
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
      <div className={styles.options} style={measures(options.map((option) => option.label))}>
        {options.map((option) => (
          <Radio key={option.value} value={option.value} className={styles.option!}>
            {option.label}
          </Radio>
        ))}
      </div>
    </RadioGroup>
  );
}

/** What the rows are laid out by: how many options there are, and the width that all need beside each other. */
function measures(labels: readonly string[]): CSSProperties {
  const widest = Math.max(...labels.map((label) => [...label].reduce((sum, sign) => sum + widthOf(sign), 0)));
  return {
    '--count': labels.length,
    '--half': Math.ceil(labels.length / 2),
    '--room': `${labels.length * (widest + 1.125)}rem`,
  } as CSSProperties;
}

/** About, in rem: Korean letters are as wide as high, others half of that. */
const widthOf = (sign: string) => (/[\u3131-\uD7A3]/.test(sign) ? 0.9 : 0.53);
