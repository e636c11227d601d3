import { Problem } from '@ptsdly/contract';
import { parseAss } from './ass.ts';
import { decodeText } from './charset.ts';
import { type Cue, MAX_CUES, plainText, writeVtt } from './cue.ts';
import { parseSami } from './sami.ts';
import { parseTimedText } from './timed-text.ts';

/** An uploaded file of subtitles, as it is kept. */
export interface SubtitleFile {
  readonly format: 'vtt' | 'srt' | 'ass' | 'smi';
  readonly cues: number;
  /** Written anew: nothing of the file's own markup is left. */
  readonly vtt: string;
  /** All that is said. */
  readonly words: string;
  /** BCP 47, by the letters it is written in; `und` where they do not tell. */
  readonly language: string;
}

/** Reads a file of any encoding; its content says what it is. Rejects with `subtitles_unreadable`. */
export function readSubtitleFile(bytes: Uint8Array): SubtitleFile {
  const text = decodeText(bytes);
  const format = formatOf(text);
  const parse = { ass: parseAss, smi: parseSami, vtt: parseTimedText, srt: parseTimedText }[format];
  const cues = parse(text)
    .filter(isShown)
    .sort((a, b) => a.start - b.start || a.end - b.end);
  if (cues.length === 0 || cues.length > MAX_CUES) throw new Problem('subtitles_unreadable');
  const words = cues.map((cue) => plainText(cue.text)).join('\n');
  return { format, cues: cues.length, vtt: writeVtt(cues), words, language: languageOf(words) };
}

const isShown = ({ start, end, text }: Cue) => text !== '' && start >= 0 && end > start && end < 360_000;

function formatOf(text: string): SubtitleFile['format'] {
  const head = text.slice(0, 4000);
  if (/^\uFEFF?\s*WEBVTT\b/.test(head)) return 'vtt';
  if (/<sami\b|<sync\b/i.test(head)) return 'smi';
  return /^\s*\[(script info|events|v4\+? styles)\]/im.test(head) ? 'ass' : 'srt';
}

/** Scripts that one language alone, or nearly so, is written in. */
function languageOf(words: string): string {
  const share = (script: RegExp) => (words.match(script)?.length ?? 0) / Math.max(1, words.length);
  if (share(/\p{Script=Hangul}/gu) > 0.1) return 'ko';
  if (share(/[\p{Script=Hiragana}\p{Script=Katakana}]/gu) > 0.1) return 'ja';
  return share(/\p{Script=Han}/gu) > 0.2 ? 'zh' : 'und';
}
