import { childElements, type Element, readText, readUnsigned } from './ebml.ts';
import { PackagerError } from './error.ts';
import type { ScannedTrack } from './matroska-packets.ts';
import type { Chapter, CueTable, SubtitleTrack } from './media-index.ts';
import { plainText } from './plain-text.ts';

const FORMATS: Partial<Record<string, SubtitleTrack['format']>> = {
  'S_TEXT/UTF8': 'subrip',
  'S_TEXT/ASCII': 'subrip',
  'S_TEXT/ASS': 'ass',
  'S_TEXT/SSA': 'ass',
  S_ASS: 'ass',
  S_SSA: 'ass',
  'S_TEXT/WEBVTT': 'webvtt',
  'D_WEBVTT/SUBTITLES': 'webvtt',
  'D_WEBVTT/CAPTIONS': 'webvtt',
};
const NANOSECONDS = 1e6;
const MAX_CHAPTERS = 1000;
const [EDITION, ATOM, START, HIDDEN, DISPLAY, TITLE] = [0x45b9, 0xb6, 0x91, 0x98, 0x80, 0x85];

/** Text tracks whose packets are as they were written; `origin` (seconds) is where the presentation begins. */
export function subtitlesOf(tracks: readonly ScannedTrack[], origin: number): SubtitleTrack[] {
  return tracks.flatMap(({ track, list, durations }): SubtitleTrack[] => {
    const format = FORMATS[track.codecId];
    if (track.kind !== 'subtitles' || !format || track.encoded || list.count === 0) return [];
    const { language, name, isForced } = track;
    const { count, offset, size, presentation } = list.finish(0);
    const start = presentation.map((time) => Math.max(0, Math.round(time / NANOSECONDS - origin * 1000)));
    const length = Int32Array.from(durations, (time) => Math.round(time / NANOSECONDS));
    const cues: CueTable = { count, offset, size, start, length };
    return [{ kind: 'subtitles', format, language, ...(name && { name }), isForced, cues }];
  });
}

/** The chapters of the first edition (RFC 9559 §5.1.7); what is damaged has none. */
export function readChapterElement(bytes: Uint8Array): Chapter[] {
  try {
    const inside = ({ start, end }: Element, id: number) =>
      childElements(bytes, start, end).filter((child) => child.id === id);
    const [edition] = inside({ id: 0, start: 0, end: bytes.length }, EDITION);
    const atoms = edition ? inside(edition, ATOM).slice(0, MAX_CHAPTERS) : [];
    const shown = atoms.filter(
      (atom) => !inside(atom, HIDDEN).some((flag) => readUnsigned(bytes, flag) === 1),
    );
    const chapters = shown.map((atom) => {
      const [start] = inside(atom, START);
      const [title] = inside(atom, DISPLAY).flatMap((display) => inside(display, TITLE));
      const text = title ? plainText(new TextEncoder().encode(readText(bytes, title))) : undefined;
      return { start: start ? readUnsigned(bytes, start) / 1e9 : 0, title: text ?? '' };
    });
    return chapters.sort((a, b) => a.start - b.start);
  } catch (error) {
    if (error instanceof PackagerError) return [];
    throw error;
  }
}
