import { type Cue, cleanMarkup } from './cue.ts';

const USUAL_FORMAT = 'Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text';

/** Sub Station Alpha, versions 4 and 4+: the `Dialogue` lines, with bold, italics, underline and "at the top". */
export function parseAss(text: string): Cue[] {
  let fields = names(USUAL_FORMAT);
  let inEvents = false;
  const cues: Cue[] = [];
  for (const line of text.split(/\r\n?|\n/)) {
    const section = /^\s*\[(.+)\]\s*$/.exec(line);
    if (section) inEvents = section[1]?.toLowerCase() === 'events';
    if (!inEvents) continue;
    const [, kind, rest = ''] = /^\s*(Format|Dialogue)\s*:\s*(.*)$/i.exec(line) ?? [];
    if (kind?.toLowerCase() === 'format') fields = names(rest);
    else if (kind) {
      const cue = cueOf(valuesOf(rest, fields));
      if (cue) cues.push(cue);
    }
  }
  return cues;
}

const names = (format: string) => format.split(',').map((name) => name.trim().toLowerCase());

/** The last field takes what is left, commas too. */
function valuesOf(line: string, fields: readonly string[]): ReadonlyMap<string, string> {
  const parts = line.split(',');
  const head = parts.slice(0, fields.length - 1);
  const values = [...head, parts.slice(fields.length - 1).join(',')];
  return new Map(fields.map((name, i) => [name, values[i] ?? '']));
}

function cueOf(values: ReadonlyMap<string, string>): Cue | undefined {
  const start = seconds(values.get('start') ?? '');
  const end = seconds(values.get('end') ?? '');
  const text = values.get('text') ?? '';
  if (start === undefined || end === undefined || /\{[^{}]*\\p[1-9]/.test(text)) return undefined; // a drawing
  const atTop = /\{[^{}]*\\an?[789]/.test(text);
  return { start, end, text: cleanMarkup(markupOf(text)), ...(atTop && { settings: 'line:0' }) };
}

/** `{\i1}…{\i0}` as tags; every other override goes. */
function markupOf(text: string): string {
  return text
    .replace(/[<>&]/g, (sign) => ({ '<': '&lt;', '>': '&gt;', '&': '&amp;' })[sign] ?? '')
    .replace(/\{([^{}]*)\}/g, (_, overrides: string) =>
      [...overrides.matchAll(/\\([biu])([01])(?!\d)/g)]
        .map(([, name, on]) => (on === '1' ? `<${name}>` : `</${name}>`))
        .join(''),
    )
    .replace(/\\[Nn]/g, '\n')
    .replace(/\\h/g, '\u00a0');
}

function seconds(time: string): number | undefined {
  const [, hours, minutes, rest] = /^\s*(\d{1,3}):(\d{1,2}):(\d{1,2}(?:\.\d{1,3})?)\s*$/.exec(time) ?? [];
  return hours === undefined ? undefined : Number(hours) * 3600 + Number(minutes) * 60 + Number(rest);
}
