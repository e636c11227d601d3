import { type Box, findLoosely, readUint64 } from './box.ts';
import { PackagerError } from './error.ts';
import type { Chapter, CueTable, SubtitleTrack } from './media-index.ts';
import { plainText } from './plain-text.ts';
import { readSampleTable, type SampleBudget } from './sample-table.ts';
import { readTrackEdit, type TrackHeader } from './track-header.ts';

/** What all tracks of a movie are read with. */
interface Reading {
  readonly view: DataView;
  readonly movieTimescale: number;
  readonly budget: SampleBudget;
}

/** Handlers and sample entries of text (QuickTime File Format; 3GPP TS 26.245). */
const HANDLERS = new Set(['sbtl', 'text', 'subt']);
const ENTRIES = new Set(['tx3g', 'text']);
const FORCED = 0xc000_0000;

/** Texts of a movie: subtitles, and those that name its chapters. What is damaged is left out. */
export function readTexts(reading: Reading, headers: readonly TrackHeader[], shift: number) {
  const chapterIds = new Set(headers.flatMap(({ trak }) => chapterReferences(reading.view, trak)));
  const subtitles: SubtitleTrack[] = [];
  let chapterTrack: SubtitleTrack | undefined;
  for (const header of headers.filter(({ handler }) => HANDLERS.has(handler))) {
    const track = readText(reading, header, shift);
    if (!track) continue;
    if (chapterIds.has(header.id)) chapterTrack ??= track;
    else subtitles.push(track);
  }
  return { ...(subtitles.length > 0 && { subtitles }), ...(chapterTrack && { chapterTrack }) };
}

function readText(reading: Reading, header: TrackHeader, shift: number): SubtitleTrack | undefined {
  const { view } = reading;
  const [entry] = header.entries;
  if (!entry || !ENTRIES.has(entry.type)) return undefined;
  try {
    const cues = readCueTable(reading, header, shift);
    const isForced = entry.end - entry.start >= 12 && (view.getUint32(entry.start + 8) & FORCED) !== 0;
    const { language, name } = header;
    const described = { kind: 'subtitles', format: 'tx3g', language, isForced } as const;
    return cues.count > 0 ? { ...described, ...(name && { name }), cues } : undefined;
  } catch (error) {
    if (error instanceof PackagerError && error.code !== 'limits_exceeded') return undefined;
    throw error;
  }
}

function readCueTable(
  { view, budget, movieTimescale }: Reading,
  header: TrackHeader,
  shift: number,
): CueTable {
  const { count, offset, size, presentation, lastDuration } = readSampleTable(view, header.stbl, budget);
  const { mediaTime, delay } = readTrackEdit(view, header.trak);
  const from = mediaTime / header.timescale - delay / movieTimescale - shift;
  const at = (i: number) => {
    const time = i < count ? presentation[i] : (presentation[count - 1] ?? 0) + lastDuration;
    return Math.round(((time ?? 0) / header.timescale - from) * 1000);
  };
  const start = Float64Array.from({ length: count }, (_, i) => Math.max(0, at(i)));
  const length = Int32Array.from({ length: count }, (_, i) => Math.max(0, at(i + 1) - (start[i] as number)));
  return { count, offset, size, start, length };
}

/** Ids of the tracks that name the chapters of this one (`tref`, ISO/IEC 14496-12 §8.3.3). */
function chapterReferences(view: DataView, trak: Box): number[] {
  const chap = findLoosely(view, trak, 'tref', 'chap');
  const ids: number[] = [];
  for (let at = chap?.start ?? 0; chap && at + 4 <= chap.end && ids.length < 8; at += 4)
    ids.push(view.getUint32(at));
  return ids;
}

/** Chapters as Nero writes them (`udta/chpl`): starts in units of 100 ns, and titles. */
export function readChapterList(view: DataView, moov: Box): Chapter[] | undefined {
  const chpl = findLoosely(view, moov, 'udta', 'chpl');
  if (!chpl || chpl.end - chpl.start < 9) return undefined;
  const chapters: Chapter[] = [];
  const isLong = view.getUint8(chpl.start) === 1;
  let at = chpl.start + (isLong ? 8 : 4);
  for (let left = view.getUint8(at++); left > 0 && at + 9 <= chpl.end; left--) {
    const length = view.getUint8(at + 8);
    const end = Math.min(chpl.end, at + 9 + length);
    const title = plainText(new Uint8Array(view.buffer, view.byteOffset + at + 9, end - at - 9)) ?? '';
    chapters.push({ start: readUint64(view, at) / 1e7, title });
    at = end;
  }
  return chapters.length > 0 ? chapters : undefined;
}
