import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ApiProblem } from '../../api/problem.ts';
import { problemText } from '../../i18n/problemText.ts';
import { Icon } from '../../ui/Icon.tsx';
import styles from './Watch.module.css';

interface PasswordFormProps {
  readonly problem: ApiProblem;
  readonly onSubmit: (password: string) => void;
}

/** Of plain elements: this page stays small. */
export function PasswordForm({ problem, onSubmit }: PasswordFormProps) {
  const { t } = useTranslation();
  const [password, setPassword] = useState('');
  const wrong = problem.code === 'wrong_password';
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    if (password !== '') onSubmit(password);
  };
  return (
    <form className={styles.message} onSubmit={submit} data-testid="watch-message" data-code={problem.code}>
      <span className={styles.badge}>
        <Icon name="lock" size={34} />
      </span>
      <h1>{t('watch.passwordTitle')}</h1>
      <p id="password-hint">{t('watch.passwordHint')}</p>
      <label className={styles.field}>
        <span>{t('watch.password')}</span>
        <input
          type="password"
          name="password"
          autoComplete="off"
          value={password}
          onChange={(event) => setPassword(event.target.value)}
          aria-invalid={wrong}
          aria-describedby={wrong ? 'password-wrong' : 'password-hint'}
          data-testid="watch-password"
        />
      </label>
      {wrong && (
        <p id="password-wrong" role="alert" className={styles.wrong}>
          {problemText(t, problem)}
        </p>
      )}
      <button type="submit" className={styles.button} data-testid="watch-unlock">
        {t('watch.unlock')}
      </button>
    </form>
  );
}
