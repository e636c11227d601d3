import { useTranslation } from 'react-i18next';
import { useAuthOptionsQuery } from '../../api/identity.ts';
import { useTitle } from '../../app/useTitle.ts';
import { useLanguage } from '../../i18n/useLanguage.ts';
import styles from './Document.module.css';
import type { DocumentText } from './texts.ts';

interface DocumentPageProps {
  readonly kind: 'terms' | 'privacy';
  readonly texts: Record<'ko' | 'en', DocumentText>;
}

export function DocumentPage({ kind, texts }: DocumentPageProps) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const version = useAuthOptionsQuery().data?.documents[kind];
  const { lead, sections } = texts[language];
  useTitle(t(`nav.${kind}`));
  return (
    <article className={styles.document}>
      <h1>{t(`nav.${kind}`)}</h1>
      {version && <p className={styles.version}>{version}</p>}
      <p className={styles.lead}>{lead}</p>
      {sections.map(([title, ...paragraphs]) => (
        <section key={title}>
          <h2>{title}</h2>
          {paragraphs.map((paragraph) => (
            <p key={paragraph}>{paragraph}</p>
          ))}
        </section>
      ))}
    </article>
  );
}
