import { cueText } from './cue-text.ts';
import { PackagerError } from './error.ts';
import { sampleRanges } from './fragment.ts';
import type { Chapter, CueTable, MediaIndex, SubtitleTrack } from './media-index.ts';
import { readSegment } from './segment-reader.ts';
import type { ByteSource } from './source.ts';

/** A text to show from `start` to `end`, in seconds; markup of WebVTT with nothing but bold, italic, underline. */
export interface Cue {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Text of all cues of a track; a film has a tenth of a megabyte of it. */
const MAX_BYTES = 8 * 1024 * 1024;

/**
 * Reads the texts of a track from the original, and nothing else of it. Throws `limits_exceeded` for more text than
 * any film has, or what `source.read` throws.
 */
export async function readCues(source: ByteSource, { cues, format }: SubtitleTrack): Promise<Cue[]> {
  const bytes = await readTexts(source, cues);
  const found: Cue[] = [];
  let at = 0;
  for (let i = 0; i < cues.count; i++) {
    const size = cues.size[i] as number;
    const text = cueText(bytes.subarray(at, at + size), format);
    at += size;
    const start = (cues.start[i] as number) / 1000;
    const end = start + (cues.length[i] as number) / 1000;
    if (text && end > start) found.push({ start, end, text });
  }
  return found;
}

/** Chapters that the index holds, or that stand as texts in the original. */
export async function readChapters(source: ByteSource, index: MediaIndex): Promise<Chapter[]> {
  if (index.chapters || !index.chapterTrack) return [...(index.chapters ?? [])];
  const cues = await readCues(source, index.chapterTrack);
  return cues.map(({ start, text }) => ({ start, title: text }));
}

/** A WebVTT file (W3C WebVTT §4.1). */
export function writeWebVtt(cues: readonly Cue[]): string {
  const blocks = cues.map(({ start, end, text }) => `${timestamp(start)} --> ${timestamp(end)}\n${text}\n`);
  return `WEBVTT\n\n${blocks.join('\n')}`;
}

async function readTexts(source: ByteSource, { count, offset, size }: CueTable): Promise<Uint8Array> {
  const total = size.reduce((sum, bytes) => sum + bytes, 0);
  if (total > MAX_BYTES) throw new PackagerError('limits_exceeded', 'The subtitles are too large.');
  const none = new Float64Array(0);
  const samples = { count, offset, size, decode: none, composition: undefined, sync: undefined, end: 0 };
  const ranges = sampleRanges(samples, 0, count);
  return readSegment(source, { header: new Uint8Array(0), ranges, size: total, start: 0, duration: 0 });
}

function timestamp(seconds: number): string {
  const milliseconds = Math.round(seconds * 1000);
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const rest = String(milliseconds % 1000).padStart(3, '0');
  return `${two(milliseconds / 3_600_000)}:${two((milliseconds / 60_000) % 60)}:${two((milliseconds / 1000) % 60)}.${rest}`;
}
