import { Checkbox } from './Checkbox.tsx';
import styles from './Checkboxes.module.css';

interface CheckboxesProps<Value extends string> {
  readonly label: string;
  readonly options: readonly { readonly value: Value; readonly label: string }[];
  readonly chosen: readonly Value[];
  readonly onChange: (chosen: readonly Value[]) => void;
  /** What is wrong with the choice. */
  readonly error?: string | undefined;
  /** Each box is known to tests as `<testId>-<value>`. */
  readonly testId: string;
}

/** Several of a few. */
export function Checkboxes<Value extends string>(props: CheckboxesProps<Value>) {
  const { label, options, chosen, onChange, error, testId } = props;
  const toggle = (value: Value, isOn: boolean) =>
    onChange(isOn ? [...chosen, value] : chosen.filter((other) => other !== value));
  return (
    <fieldset className={styles.checkboxes}>
      <legend>{label}</legend>
      {options.map((option) => (
        <Checkbox
          key={option.value}
          isSelected={chosen.includes(option.value)}
          isInvalid={error !== undefined}
          onChange={(isOn) => toggle(option.value, isOn)}
          data-testid={`${testId}-${option.value}`}
        >
          {option.label}
        </Checkbox>
      ))}
      {error && <p role="alert">{error}</p>}
    </fieldset>
  );
}
