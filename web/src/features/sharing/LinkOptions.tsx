import type { Link } from '@ptsdly/contract';
import { useState } from 'react';
import { Button as AriaButton, Disclosure, DisclosurePanel, Form, Heading } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { useUpdateLinkMutation } from '../../api/links.ts';
import { Button } from '../../ui/Button.tsx';
import { Icon } from '../../ui/Icon.tsx';
import { ProblemNotice } from '../../ui/Notice.tsx';
import { say } from '../../ui/toasts.ts';
import {
  ClipFields,
  NameFields,
  PasswordFields,
  PlayerFields,
  TimeFields,
  ViewFields,
} from './LinkOptionFields.tsx';
import { changesOf, type Faults, faultsOf, formOf, type LinkForm } from './linkForm.ts';
import styles from './Sharing.module.css';

interface LinkOptionsProps {
  readonly link: Link;
  /** Of its heading. */
  readonly level: 2 | 3;
}

export function LinkOptions({ link, level }: LinkOptionsProps) {
  const { t } = useTranslation();
  const [form, setForm] = useState(() => formOf(link));
  const [faults, setFaults] = useState<Faults>({});
  const [update, { error, isLoading }] = useUpdateLinkMutation();
  const change = (fields: Partial<LinkForm>) => setForm({ ...form, ...fields });
  const save = async (event: React.FormEvent) => {
    event.preventDefault();
    const found = faultsOf(form, link);
    setFaults(found);
    if (Object.keys(found).length > 0) return;
    const answer = await update({ id: link.id, ...changesOf(form, link) });
    if (answer.error) return;
    setForm(formOf(answer.data));
    say(t('share.saved'));
  };
  const fields = { form, change, faults, link };
  return (
    <Disclosure className={styles.options!}>
      <Heading level={level} className={styles.optionsHead}>
        <AriaButton slot="trigger" className={styles.optionsButton!} data-testid="link-options">
          {t('share.options')}
          <Icon name="down" />
        </AriaButton>
      </Heading>
      <DisclosurePanel className={styles.panel!}>
        <Form className={styles.form!} onSubmit={save}>
          <TimeFields {...fields} />
          <ViewFields {...fields} />
          <PasswordFields {...fields} />
          <ClipFields {...fields} />
          <PlayerFields {...fields} />
          <NameFields {...fields} />
          {error && <ProblemNotice problem={error} />}
          {Object.keys(faults).length > 0 && (
            <p role="alert" className={styles.fault}>
              {t('problems.invalid_fields')}
            </p>
          )}
          <Button type="submit" look="quiet" isPending={isLoading} data-testid="link-save">
            {t('actions.save')}
          </Button>
        </Form>
      </DisclosurePanel>
    </Disclosure>
  );
}
