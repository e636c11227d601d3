/** One line of speech. Times in seconds. */
export interface Cue {
  readonly start: number;
  readonly end: number;
  /** WebVTT cue text (W3C WebVTT §4.2.2) of nothing but text and `<b> <i> <u>`, which are balanced. */
  readonly text: string;
  /** WebVTT cue settings, those that place it. */
  readonly settings?: string;
}

export const MAX_CUES = 50_000;
const MAX_TEXT = 4000;

const KEPT_TAGS = new Set(['b', 'i', 'u']);
const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
  lrm: '\u200e',
  rlm: '\u200f',
};

/** Cue text of whatever markup a file has: all tags but bold, italics and underline go, what they enclose stays. */
export function cleanMarkup(markup: string): string {
  const open: string[] = [];
  const text = markup
    .slice(0, MAX_TEXT)
    .replace(/<(script|style)\b[\s\S]*?(<\/\1\s*>|$)/gi, '')
    .split(/(<[^<>]*>)/)
    .map((part) => {
      const tag = /^<(\/?)([a-z]+)\b[^<>]*>$/i.exec(part);
      if (!tag) return /^<[^<>]*>$/.test(part) ? '' : escapeText(decodeEntities(part));
      const name = tag[2]?.toLowerCase() ?? '';
      if (name === 'br') return '\n';
      return KEPT_TAGS.has(name) ? balance(open, name, tag[1] === '/') : '';
    })
    .join('');
  return tidy(
    text +
      open
        .reverse()
        .map((name) => `</${name}>`)
        .join(''),
  );
}

/** Words alone, for a search. */
export const plainText = (text: string): string => decodeEntities(text.replace(/<[^<>]*>/g, ''));

function balance(open: string[], name: string, closing: boolean): string {
  if (!closing) {
    open.push(name);
    return `<${name}>`;
  }
  if (open.at(-1) !== name) return '';
  open.pop();
  return `</${name}>`;
}

function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,5}));?/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES[String(name).toLowerCase()] ?? whole;
    const point = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return point > 31 && point <= 0x10ffff ? String.fromCodePoint(point) : '';
  });
}

const escapeText = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

/** No control characters, and no empty line: one would end the cue. */
function tidy(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .split('\n')
    .map((line) => line.replace(/[\p{Cs}\p{Cc}\ufeff]/gu, '').trim())
    .filter((line) => line !== '')
    .join('\n');
}

/** A WebVTT file (W3C WebVTT §4.1), in the order of time. */
export function writeVtt(cues: readonly Cue[]): string {
  const blocks = cues.map(({ start, end, text, settings }) => {
    const timing = `${clock(start)} --> ${clock(end)}`;
    return `${settings ? `${timing} ${settings}` : timing}\n${text}\n`;
  });
  return `WEBVTT\n\n${blocks.join('\n')}`;
}

function clock(seconds: number): string {
  const ms = Math.round(seconds * 1000);
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const rest = String(ms % 1000).padStart(3, '0');
  return `${two(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1000) % 60)}.${rest}`;
}
