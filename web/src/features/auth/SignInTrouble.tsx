import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { Notice } from '../../ui/Notice.tsx';

/** What happened to a sign-in with a provider, by the code in `?error=`, and how to go on. */
export function SignInTrouble({ code }: { code: string | null }) {
  const { t } = useTranslation();
  if (code === null) return null;
  return (
    <Notice icon="alert" testId="sign-in-trouble">
      {troubleText(t, code)}
    </Notice>
  );
}

const CANCELLED = new Set([
  'access_denied',
  'consent_required',
  'login_required',
  'interaction_required',
  'user_cancelled',
]);

function troubleText(t: TFunction, code: string): string {
  const known = CANCELLED.has(code) ? 'access_denied' : code.startsWith('state_') ? 'state' : code;
  return t(`trouble.${known}` as 'trouble.failed', { defaultValue: t('trouble.failed') });
}
