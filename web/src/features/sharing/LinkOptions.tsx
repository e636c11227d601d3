import type { Link } from '@ptsdly/contract';
import { useState } from 'react';
import { Button as AriaButton, Disclosure, DisclosurePanel, Form, Heading } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { useUpdateLinkMutation } from '../../api/links.ts';
import { Button } from '../../ui/Button.tsx';
import { Checkbox } from '../../ui/Checkbox.tsx';
import { Choice } from '../../ui/Choice.tsx';
import { Icon } from '../../ui/Icon.tsx';
import { ProblemNotice } from '../../ui/Notice.tsx';
import { TextField } from '../../ui/TextField.tsx';
import { say } from '../../ui/toasts.ts';
import { expiresAt, expiryOf } from './expiry.ts';
import styles from './Sharing.module.css';

const expiryLabels = {
  never: 'share.expiresNever',
  day: 'share.expiresDay',
  week: 'share.expiresWeek',
  month: 'share.expiresMonth',
} as const;

export function LinkOptions({ link }: { link: Link }) {
  const { t } = useTranslation();
  const [label, setLabel] = useState(link.label ?? '');
  const [expiry, setExpiry] = useState(() => expiryOf(link.expiresAt));
  const [allowDownload, setAllowDownload] = useState(link.allowDownload);
  const [update, { error, isLoading }] = useUpdateLinkMutation();
  const save = async (event: React.FormEvent) => {
    event.preventDefault();
    const changed = expiry === expiryOf(link.expiresAt) ? {} : { expiresAt: expiresAt(expiry) };
    const answer = await update({ id: link.id, label: label.trim() || null, allowDownload, ...changed });
    if (!answer.error) say(t('share.saved'));
  };
  return (
    <Disclosure className={styles.options!}>
      <Heading className={styles.optionsHead}>
        <AriaButton slot="trigger" className={styles.optionsButton!} data-testid="link-options">
          {t('share.options')}
          <Icon name="down" />
        </AriaButton>
      </Heading>
      <DisclosurePanel className={styles.panel!}>
        <Form className={styles.form!} onSubmit={save}>
          <Choice
            label={t('share.expires')}
            value={expiry}
            onChange={setExpiry}
            options={(['never', 'day', 'week', 'month'] as const).map((value) => ({
              value,
              label: t(expiryLabels[value]),
            }))}
          />
          <TextField
            label={t('share.label')}
            hint={t('share.labelHint')}
            maxLength={120}
            value={label}
            onChange={setLabel}
            testId="link-label"
          />
          <Checkbox isSelected={allowDownload} onChange={setAllowDownload} data-testid="link-download">
            {t('share.allowDownload')}
          </Checkbox>
          {error && <ProblemNotice problem={error} />}
          <Button type="submit" look="quiet" isPending={isLoading} data-testid="link-save">
            {t('actions.save')}
          </Button>
        </Form>
      </DisclosurePanel>
    </Disclosure>
  );
}
