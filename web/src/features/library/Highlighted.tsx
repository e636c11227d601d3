import styles from './Library.module.css';

/** The parts of a text that were searched for stand out. */
export function Highlighted({ text, search }: { text: string; search: string }) {
  const parts = highlight(text, search);
  return parts.map(({ words, found, at }) =>
    found ? (
      <mark key={at} className={styles.found}>
        {words}
      </mark>
    ) : (
      words
    ),
  );
}

interface Part {
  readonly words: string;
  readonly found: boolean;
  /** Its number among the parts. */
  readonly at: number;
}

export function highlight(text: string, search: string): readonly Part[] {
  const shown = text.normalize('NFC');
  const terms = search.normalize('NFC').toLowerCase().split(/\s+/).filter(Boolean);
  if (terms.length === 0 || shown.toLowerCase().length !== shown.length)
    return [{ words: shown, found: false, at: 0 }];
  const escaped = terms.map((term) => term.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return shown
    .split(new RegExp(`(${escaped.join('|')})`, 'giu'))
    .map((words, i) => ({ words, found: i % 2 === 1, at: i }))
    .filter(({ words }) => words !== '');
}
