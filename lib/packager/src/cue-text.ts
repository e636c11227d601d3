import { viewOf } from './box.ts';
import type { SubtitleTrack } from './media-index.ts';

/** Tags of subtitles that WebVTT has as well; all others are dropped. */
const TAG = /<(\/?)(b|i|u)>/gi;
const ANY_TAG = /<[^<>]*>/g;
/** Marks that stand for an allowed tag while the rest is escaped; no text of a file may contain them. */
const OPEN = '\ue000';
const CLOSE = '\ue001';

/** The text of one cue as WebVTT, safe whatever the file holds; empty for a pause. */
export function cueText(bytes: Uint8Array, format: SubtitleTrack['format']): string {
  if (format === 'tx3g') return escaped(timedText(bytes));
  const text = new TextDecoder().decode(bytes);
  return escaped(format === 'ass' ? dialogue(text) : text);
}

/** A sample of timed text (3GPP TS 26.245 §5.17): a length, UTF-8 or marked UTF-16, and boxes of style. */
function timedText(bytes: Uint8Array): string {
  if (bytes.length < 2) return '';
  const text = bytes.subarray(2, 2 + viewOf(bytes).getUint16(0));
  const isWide = text[0] === 0xfe && text[1] === 0xff;
  return new TextDecoder(isWide ? 'utf-16be' : 'utf-8').decode(text).replaceAll('<', '‹');
}

/** The text of an event as Matroska keeps it: behind eight commas, without overrides. */
function dialogue(event: string): string {
  const text = event.split(',').slice(8).join(',');
  return text
    .replaceAll(/\{[^{}]*\}/g, '')
    .replaceAll(/\\[Nn]/g, '\n')
    .replaceAll('\\h', ' ');
}

function escaped(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Co}]/gu, (character) => (character === '\n' ? '\n' : ''))
    .replaceAll(TAG, (_, slash: string, name: string) => `${OPEN}${slash}${name.toLowerCase()}${CLOSE}`)
    .replaceAll(ANY_TAG, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(OPEN, '<')
    .replaceAll(CLOSE, '>')
    .replaceAll(/\n\s*\n+/g, '\n')
    .trim();
}
