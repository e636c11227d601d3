import { Trans, useTranslation } from 'react-i18next';
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

export function Consents({ value, onChange, missing }: ConsentsProps) {
  const { t } = useTranslation();
  return (
    <div className={styles.consents}>
      <Checkbox
        isSelected={value.terms}
        isInvalid={missing && !value.terms}
        onChange={(terms) => onChange({ ...value, terms })}
        data-testid="consent-terms"
      >
        <Trans i18nKey="auth.agreeTerms" components={{ doc: <DocumentLink to="/app/terms" /> }} />
      </Checkbox>
      <Checkbox
        isSelected={value.privacy}
        isInvalid={missing && !value.privacy}
        onChange={(privacy) => onChange({ ...value, privacy })}
        data-testid="consent-privacy"
      >
        <Trans i18nKey="auth.agreePrivacy" components={{ doc: <DocumentLink to="/app/privacy" /> }} />
      </Checkbox>
      {missing && !(value.terms && value.privacy) && (
        <p role="alert" className={styles.missing}>
          {t('auth.mustAgree')}
        </p>
      )}
    </div>
  );
}

/** In a tab of its own, so that what was typed stays. */
function DocumentLink({ to, children }: { to: string; children?: React.ReactNode }) {
  return (
    <a href={to} target="_blank" rel="noreferrer">
      {children}
    </a>
  );
}
