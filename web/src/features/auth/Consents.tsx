import { useTranslation } from 'react-i18next';
import { Checkbox } from '../../ui/Checkbox.tsx';
import styles from './Auth.module.css';

export interface Consent {
  readonly terms: boolean;
  readonly privacy: boolean;
}

interface ConsentsProps {
  readonly value: Consent;
  readonly onChange: (value: Consent) => void;
  /** Somebody has tried to go on without them. */
  readonly missing: boolean;
}

const labels = { terms: 'auth.agreeTerms', privacy: 'auth.agreePrivacy' } as const;

export function Consents({ value, onChange, missing }: ConsentsProps) {
  const { t } = useTranslation();
  return (
    <div className={styles.consents}>
      {(['terms', 'privacy'] as const).map((kind) => (
        <div key={kind} className={styles.consent}>
          <Checkbox
            isSelected={value[kind]}
            isInvalid={missing && !value[kind]}
            onChange={(accepted) => onChange({ ...value, [kind]: accepted })}
            data-testid={`consent-${kind}`}
          >
            {t(labels[kind])}
          </Checkbox>
          {/* In a tab of its own, so that what was typed stays. */}
          <a
            href={`/app/${kind}`}
            target="_blank"
            rel="noreferrer"
            aria-label={t('auth.readDocument', { title: t(`nav.${kind}`) })}
          >
            {t('auth.read')}
          </a>
        </div>
      ))}
      {missing && !(value.terms && value.privacy) && (
        <p role="alert" className={styles.missing}>
          {t('auth.mustAgree')}
        </p>
      )}
    </div>
  );
}
