import { type Cue, cleanMarkup } from './cue.ts';

/** `1:02:03,450`, `02:03.45`. */
const TIME = String.raw`(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})`;
const TIMING = new RegExp(String.raw`^\s*${TIME}\s*-->\s*${TIME}[ \t]*(.*)$`);
/** Where a cue stands; regions and whatever else could be asked for are not passed on. */
const SETTING =
  /^(?:vertical:(?:rl|lr)|(?:line|position|size):-?[\d.]{1,8}%?(?:,[a-z-]{1,12})?|align:[a-z]{1,8})$/;

/**
 * SubRip, and WebVTT (W3C WebVTT §4.1), which differ in what stands around their cues: numbers here, notes, styles
 * and regions there, all passed over.
 */
export function parseTimedText(text: string): Cue[] {
  const cues: Cue[] = [];
  let timing: RegExpExecArray | null = null;
  let lines: string[] = [];
  const end = () => {
    if (timing) cues.push(cueOf(timing, lines));
    timing = null;
    lines = [];
  };
  const all = text.replace(/\r\n?/g, '\n').split('\n');
  for (const [i, line] of all.entries()) {
    const found = TIMING.exec(line);
    if (found) {
      if (timing && /^\d+$/.test(lines.at(-1)?.trim() ?? '')) lines.pop(); // the number of this one
      end();
      timing = found;
    } else if (line.trim() === '' && !/^\s*$/.test(all[i + 1] ?? '') && isHead(all, i + 1)) end();
    else if (timing) lines.push(line);
  }
  end();
  return cues;
}

/** Some files have empty lines within a cue; it ends where the next one, or a block of another kind, begins. */
function isHead(lines: readonly string[], at: number): boolean {
  const [line = '', next = ''] = [lines[at], lines[at + 1]];
  return TIMING.test(line) || TIMING.test(next) || /^(NOTE|STYLE|REGION)\b/.test(line);
}

function cueOf(timing: RegExpExecArray, lines: readonly string[]): Cue {
  const markup = lines.join('\n');
  const atTop = /\{\\an[789]\}/.test(markup) ? 'line:0' : '';
  const given = (timing[9] ?? '').split(/\s+/).filter((one) => SETTING.test(one));
  const settings = [...given, ...(given.length === 0 && atTop ? [atTop] : [])].join(' ');
  return {
    start: seconds(timing.slice(1, 5)),
    end: seconds(timing.slice(5, 9)),
    text: cleanMarkup(markup.replace(/\{\\[^{}]*\}/g, '')),
    ...(settings && { settings }),
  };
}

function seconds([hours = '0', minutes = '0', whole = '0', fraction = '0']: readonly (
  | string
  | undefined
)[]): number {
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(whole) + Number(`0.${fraction}`);
}
