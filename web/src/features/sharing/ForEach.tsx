import { useState } from 'react';
import { Button as AriaButton, Disclosure, DisclosurePanel, Form, Heading } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { useCreateLinksMutation } from '../../api/links.ts';
import { Button } from '../../ui/Button.tsx';
import { Icon } from '../../ui/Icon.tsx';
import { ProblemNotice } from '../../ui/Notice.tsx';
import { TextField } from '../../ui/TextField.tsx';
import { say } from '../../ui/toasts.ts';
import { recipientsOf } from './recipients.ts';
import styles from './Sharing.module.css';

/** A link of its own for each of several people, so that each can be counted and withdrawn by itself. */
export function ForEach({ serverId, videoId }: { serverId: string; videoId: string }) {
  const { t } = useTranslation();
  const [names, setNames] = useState('');
  const [create, { error, isLoading }] = useCreateLinksMutation();
  const recipients = recipientsOf(names);
  const make = async (event: React.FormEvent) => {
    event.preventDefault();
    if (recipients.length === 0) return;
    const answer = await create({ serverId, videoId, recipients });
    if (answer.error) return;
    setNames('');
    say(t('share.madeForEach', { count: answer.data.items.length }));
  };
  return (
    <Disclosure className={styles.options!}>
      <Heading className={styles.optionsHead}>
        <AriaButton slot="trigger" className={styles.optionsButton!} data-testid="for-each">
          {t('share.forEach')}
          <Icon name="down" />
        </AriaButton>
      </Heading>
      <DisclosurePanel className={styles.panel!}>
        <Form className={styles.form!} onSubmit={make}>
          <TextField
            label={t('share.recipients')}
            hint={t('share.recipientsHint')}
            value={names}
            onChange={setNames}
            maxLength={5000}
            testId="recipients"
          />
          {error && <ProblemNotice problem={error} />}
          <Button type="submit" look="quiet" isPending={isLoading} data-testid="make-for-each">
            {t('share.makeForEach', { count: recipients.length })}
          </Button>
        </Form>
      </DisclosurePanel>
    </Disclosure>
  );
}
