import { Problem } from '@ptsdly/contract';

/**
 * What two spellings of the same words have in common: one normal form (Unicode UAX #15, NFKC: a Mac writes 한글
 * in pieces), small letters, single spaces.
 */
export const normalise = (text: string): string =>
  text.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim();

/** A key whose order by code points is the order in which people expect titles: `part 2` before `part 10`. */
export function titleKey(title: string): string {
  const digits = (run: string) => {
    const value = run.replace(/^0+(?=\d)/, '');
    return `${String(Math.min(value.length, 99)).padStart(2, '0')}${value}`;
  };
  return normalise(title).replace(/\d+/g, digits).slice(0, 400);
}

const MAX_TERMS = 6;

/** The words of a search; each must be found. */
export const searchTerms = (search: string): readonly string[] =>
  [...new Set(normalise(search).split(' '))].filter(Boolean).slice(0, MAX_TERMS);

interface Searched {
  readonly title: string;
  readonly description: string;
  readonly fileName: string;
  readonly tags: readonly string[];
}

/** What a search looks through; lines keep words of one field from meeting those of the next. */
export const searchText = ({ title, description, fileName, tags }: Searched): string =>
  [title, description, fileName, ...tags].map(normalise).join('\n');

/** The container that a file's name promises: `mp4`, `mkv`; `other` where it says nothing. */
export const kindOf = (fileName: string): string =>
  /\.([a-z0-9]{1,5})$/i.exec(fileName)?.[1]?.toLowerCase() ?? 'other';

/** A name as it may be shown and written to a disk. Rejects with `invalid_fields`. */
export function cleanName(name: string): string {
  const clean = name
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cs}\uFFFD\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu, '')
    .trim();
  if (clean === '' || clean === '.' || clean === '..' || /[/\\]/.test(clean)) {
    throw new Problem('invalid_fields', {
      errors: [{ field: 'name', message: 'not a name of a folder' }],
      detail: 'A folder cannot have this name.',
    });
  }
  return clean.slice(0, 120).toWellFormed();
}
