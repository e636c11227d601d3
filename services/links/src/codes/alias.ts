import { createHash } from 'node:crypto';
import { Problem, reservedWords } from '@ptsdly/contract';

const SHORTEST = 4;
const LONGEST = 64;
/** Longest path segment that is looked at: 64 characters of four bytes, percent-encoded. */
const MAX_SEGMENT = 800;

/** Letters with their marks, digits, and single joints between them. */
const FORM = /^[\p{L}0-9]\p{M}*(?:[-_]?[\p{L}0-9]\p{M}*)*$/u;
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u;
/** In any case of letters; else an alias would be a code as soon as somebody types it with capitals. */
const LIKE_A_CODE = /^[0-9a-z]{12}$/;
/** What chat programs leave hanging on a link. */
const TRAILING = /[.,;:!?)\]}'"]+$/;

/** Scripts that people write together (UTS 39 §5.2, "highly restrictive"); any other is used alone. */
const TOGETHER = [
  /^[\p{scx=Latin}\p{scx=Hangul}\p{scx=Han}\p{sc=Common}\p{sc=Inherited}]+$/u,
  /^[\p{scx=Latin}\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{sc=Common}\p{sc=Inherited}]+$/u,
  /^[\p{scx=Latin}\p{scx=Han}\p{scx=Bopomofo}\p{sc=Common}\p{sc=Inherited}]+$/u,
];
const ALONE =
  'Cyrillic Greek Arabic Hebrew Devanagari Bengali Thai Tamil Telugu Georgian Armenian Khmer Lao Myanmar'
    .split(' ')
    .map((script) => new RegExp(`^[\\p{scx=${script}}\\p{sc=Common}\\p{sc=Inherited}]+$`, 'u'));
/** Letters of other scripts that are drawn as Latin ones; a word of nothing else passes for Latin (UTS 39 §4). */
const DRAWN_AS_LATIN = /^[авгԁеһіјкӏмпорԛѕтуԝхьєαγεικνορτυχωՏսօոհց0-9_-]+$/u;

/** An address that an owner chose. */
export interface Alias {
  /** Folded: this is what is shown and compared. */
  readonly text: string;
  /** A hash of how it looks: two that the eye takes for one have the same. It outlives the text. */
  readonly look: string;
}

/** What lies under an alias's look: the code it leads to, its text, and '' for one that was given up or erased. */
export type AliasRecord = readonly [code: string, text: string];

/** The alias that an owner asks for. Throws `alias_not_allowed` with the reason. */
export function readAlias(given: string): Alias {
  const text = fold(given.trim());
  const refused = refusal(text);
  if (refused) {
    const errors = [{ field: 'alias', message: refused }];
    throw new Problem('alias_not_allowed', { detail: `alias: ${refused}`, errors });
  }
  return { text, look: lookOf(text) };
}

/** The alias that a path segment may mean; trailing punctuation of auto-linking is forgiven. */
export function aliasOf(segment: string): Alias | undefined {
  if (segment.length > MAX_SEGMENT) return undefined;
  const text = fold(decoded(segment).replace(TRAILING, ''));
  return hasLength(text) && FORM.test(text) ? { text, look: lookOf(text) } : undefined;
}

function refusal(text: string): string | undefined {
  if (!hasLength(text)) return `must have ${SHORTEST} to ${LONGEST} characters`;
  if (!FORM.test(text) || INVISIBLE.test(text)) {
    return 'may hold letters, digits, and single - or _ between them';
  }
  if (LIKE_A_CODE.test(text)) return 'looks like a code of ours; make it shorter, longer, or put a - in';
  if (reservedWords.has(text) || reservedLooks.has(skeleton(text))) return 'is a reserved word';
  if (![...TOGETHER, ...ALONE].some((script) => script.test(text))) return 'mixes scripts that look alike';
  if (DRAWN_AS_LATIN.test(text) && /\p{L}/u.test(text)) return 'could be taken for another word';
  return undefined;
}

const hasLength = (text: string) => {
  const { length } = [...text];
  return length >= SHORTEST && length <= LONGEST;
};

/** Compatibility forms and case are one (Unicode, NFKC_Casefold in what matters here). */
const fold = (text: string) => text.normalize('NFKC').toLowerCase().normalize('NFKC');

/** How a word looks at a glance: what differs only in such letters is the same. */
const skeleton = (text: string) =>
  text
    .replace(/[1i|ı]/g, 'l')
    .replaceAll('0', 'o')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w')
    .replaceAll('_', '-');

const lookOf = (text: string) => createHash('sha256').update(skeleton(text)).digest('base64url');

const reservedLooks = new Set([...reservedWords].map(skeleton));

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
