import { type Cue, cleanMarkup } from './cue.ts';

/** The last words of a file have no end of their own, in seconds. */
const LAST = 5;

interface Said {
  readonly at: number;
  readonly voice: string;
  readonly markup: string;
}

/**
 * SAMI (`.smi`, Microsoft 1998), which Korean players have always read: each `SYNC` replaces what the last one of its
 * class said. Of several languages the one that says most is taken.
 */
export function parseSami(text: string): Cue[] {
  const said = text
    .split(/<sync\b/i)
    .slice(1)
    .flatMap(readSync);
  const voice = mostSpoken(said);
  const spoken = said.filter((one) => one.voice === voice).sort((a, b) => a.at - b.at);
  return spoken.flatMap(({ at, markup }, i) => {
    const words = cleanMarkup(markup);
    const end = spoken[i + 1]?.at ?? at + LAST;
    return words.replace(/[\s\u00a0]/g, '') === '' ? [] : [{ start: at, end, text: words }];
  });
}

function readSync(block: string): Said[] {
  const start = /^[^>]*?\bstart\s*=\s*["']?(-?\d{1,10})/i.exec(block)?.[1];
  if (start === undefined) return [];
  const body = block.slice(block.indexOf('>') + 1).replace(/<\/(body|sami|sync)>[\s\S]*$/i, '');
  const parts = body.split(/<p\b([^>]*)>/i);
  const at = Math.max(0, Number(start) / 1000);
  if (parts.length === 1) return [{ at, voice: '', markup: body }];
  const said: Said[] = [];
  for (let i = 1; i < parts.length; i += 2) {
    const voice = /\bclass\s*=\s*["']?([\w-]+)/i.exec(parts[i] ?? '')?.[1] ?? '';
    said.push({ at, voice: voice.toLowerCase(), markup: (parts[i + 1] ?? '').replace(/\n/g, ' ') });
  }
  return said;
}

function mostSpoken(said: readonly Said[]): string {
  const letters = new Map<string, number>();
  for (const { voice, markup } of said) letters.set(voice, (letters.get(voice) ?? 0) + markup.length);
  return [...letters].sort((a, b) => b[1] - a[1])[0]?.[0] ?? '';
}
