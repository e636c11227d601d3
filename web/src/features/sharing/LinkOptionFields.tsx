import type { Link } from '@ptsdly/contract';
import { useTranslation } from 'react-i18next';
import { Checkbox } from '../../ui/Checkbox.tsx';
import { Choice } from '../../ui/Choice.tsx';
import { PasswordField, TextField } from '../../ui/TextField.tsx';
import type { Faults, LinkForm } from './linkForm.ts';
import styles from './Sharing.module.css';

interface FieldsProps {
  readonly form: LinkForm;
  readonly link: Link;
  readonly faults: Faults;
  readonly change: (fields: Partial<LinkForm>) => void;
}

export function TimeFields({ form, faults, change }: FieldsProps) {
  const { t } = useTranslation();
  const fault = useFault(faults);
  return (
    <>
      <Choice
        label={t('share.expires')}
        value={form.expiry}
        onChange={(expiry) => change({ expiry })}
        options={[
          { value: 'never', label: t('share.expiresNever') },
          { value: 'day', label: t('share.expiresDay') },
          { value: 'week', label: t('share.expiresWeek') },
          { value: 'month', label: t('share.expiresMonth') },
          { value: 'at', label: t('share.expiresAt') },
        ]}
      />
      {form.expiry === 'at' && (
        <TextField
          label={t('share.expiresMoment')}
          type="datetime-local"
          value={form.expiresAt}
          onChange={(expiresAt) => change({ expiresAt })}
          error={fault('expiresAt')}
          testId="link-expires-at"
        />
      )}
      <TextField
        label={t('share.opensAt')}
        hint={t('share.opensAtHint')}
        type="datetime-local"
        value={form.opensAt}
        onChange={(opensAt) => change({ opensAt })}
        testId="link-opens-at"
      />
    </>
  );
}

export function ViewFields({ form, faults, change }: FieldsProps) {
  const { t } = useTranslation();
  const fault = useFault(faults);
  return (
    <>
      <Choice
        label={t('share.maxViews')}
        value={form.views}
        onChange={(views) => change({ views })}
        options={[
          { value: 'any', label: t('share.viewsAny') },
          { value: 'once', label: t('share.viewsOnce') },
          { value: 'count', label: t('share.viewsCount') },
        ]}
      />
      {form.views === 'count' && (
        <TextField
          label={t('share.maxViewsCount')}
          inputMode="numeric"
          value={form.maxViews}
          onChange={(maxViews) => change({ maxViews })}
          error={fault('maxViews')}
          testId="link-max-views"
        />
      )}
    </>
  );
}

export function PasswordFields({ form, link, faults, change }: FieldsProps) {
  const { t } = useTranslation();
  const fault = useFault(faults);
  return (
    <div className={styles.pair}>
      <Checkbox isSelected={form.locked} onChange={(locked) => change({ locked })} data-testid="link-locked">
        {t('share.locked')}
      </Checkbox>
      {form.locked && (
        <PasswordField
          label={t('share.password')}
          hint={link.hasPassword ? t('share.passwordKept') : undefined}
          autoComplete="off"
          maxLength={200}
          value={form.password}
          onChange={(password) => change({ password })}
          error={fault('password')}
          testId="link-password"
        />
      )}
    </div>
  );
}

export function ClipFields({ form, faults, change }: FieldsProps) {
  const { t } = useTranslation();
  const fault = useFault(faults);
  return (
    <>
      <div className={styles.beside}>
        <TextField
          label={t('share.startAt')}
          hint={t('share.clockHint')}
          value={form.startAt}
          onChange={(startAt) => change({ startAt })}
          error={fault('startAt')}
          testId="link-start-at"
        />
        <TextField
          label={t('share.endAt')}
          hint={t('share.clockHint')}
          value={form.endAt}
          onChange={(endAt) => change({ endAt })}
          error={fault('endAt')}
          testId="link-end-at"
        />
      </div>
      <Checkbox
        isSelected={form.allowDownload}
        onChange={(allowDownload) => change({ allowDownload })}
        data-testid="link-download"
      >
        {t('share.allowDownload')}
      </Checkbox>
    </>
  );
}

export function PlayerFields({ form, faults, change }: FieldsProps) {
  const { t } = useTranslation();
  const fault = useFault(faults);
  return (
    <>
      <Choice
        label={t('share.speed')}
        value={form.speed}
        onChange={(speed) => change({ speed })}
        options={speedsWith(form.speed).map((value) => ({ value, label: `${value}×` }))}
      />
      <Choice
        label={t('share.framing')}
        value={form.framing}
        onChange={(framing) => change({ framing })}
        options={[
          { value: 'any', label: t('share.framingAny') },
          { value: 'some', label: t('share.framingSome') },
          { value: 'none', label: t('share.framingNone') },
        ]}
      />
      {form.framing === 'some' && (
        <TextField
          label={t('share.sites')}
          hint={t('share.sitesHint')}
          value={form.embedOrigins}
          onChange={(embedOrigins) => change({ embedOrigins })}
          error={fault('embedOrigins')}
          spellCheck="false"
          testId="link-sites"
        />
      )}
    </>
  );
}

const SPEEDS = ['0.5', '0.75', '1', '1.25', '1.5', '2'];

/** The usual speeds, and the one that the link has. */
const speedsWith = (speed: string) => [...new Set([...SPEEDS, speed])].sort((a, b) => Number(a) - Number(b));

export function NameFields({ form, change }: FieldsProps) {
  const { t } = useTranslation();
  return (
    <>
      <TextField
        label={t('share.alias')}
        hint={t('share.aliasHint')}
        maxLength={64}
        spellCheck="false"
        value={form.alias}
        onChange={(alias) => change({ alias })}
        testId="link-alias"
      />
      <TextField
        label={t('share.recipient')}
        hint={t('share.labelHint')}
        maxLength={120}
        value={form.recipient}
        onChange={(recipient) => change({ recipient })}
        testId="link-recipient"
      />
      <TextField
        label={t('share.label')}
        hint={t('share.labelHint')}
        maxLength={120}
        value={form.label}
        onChange={(label) => change({ label })}
        testId="link-label"
      />
    </>
  );
}

/** What is wrong with a field, in words. */
function useFault(faults: Faults): (field: keyof LinkForm) => string | undefined {
  const { t } = useTranslation();
  return (field) => {
    const fault = faults[field];
    return fault && t(`share.faults.${fault}`);
  };
}
