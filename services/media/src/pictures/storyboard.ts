import { MAX_SHEETS } from '../library/object-names.ts';
import { fitWithin, type SheetLayout } from './picture-sheets.ts';

/** The box that one picture fits into, in pixels: what a player shows above its time line, for a sharp screen. */
const BOX = { width: 240, height: 180 };
const GRID = { columns: 10, rows: 10 };
/** From this length on, in seconds, the second sheet is filled too. */
const LONG = 3600;
/** Pictures are not closer than this, in seconds. */
const CLOSEST = 2;

/** How many pictures a video of this length (seconds) gets, and how large they are. */
export function storyboardLayout(video: { duration: number; width: number; height: number }): SheetLayout & {
  readonly count: number;
} {
  const sheets = video.duration > LONG ? MAX_SHEETS : 1;
  const count = Math.min(sheets * GRID.columns * GRID.rows, Math.ceil(video.duration / CLOSEST));
  return { ...fitWithin(video, BOX), ...gridFor(count), count: Math.max(1, count) };
}

/** A short video does not need a sheet that is mostly empty. */
function gridFor(count: number): Pick<SheetLayout, 'columns' | 'rows'> {
  const rows = Math.ceil(count / GRID.columns);
  if (rows >= GRID.rows) return GRID;
  return { columns: Math.max(1, Math.min(GRID.columns, count)), rows: Math.max(1, rows) };
}

/**
 * The thumbnails as WebVTT (W3C WebVTT §4.1): each cue names its part of a sheet as a spatial media fragment
 * (W3C Media Fragments URI 1.0 §4.2.2). A picture stands for the time until the next one; the first from zero.
 */
export function writeStoryboard(
  times: readonly number[],
  duration: number,
  { width, height, columns, rows }: SheetLayout,
  sheetUrl: (sheet: number) => string,
): string {
  const cues = times.map((time, i) => {
    const place = i % (columns * rows);
    const sheet = Math.floor(i / (columns * rows)) + 1;
    const [x, y] = [(place % columns) * width, Math.floor(place / columns) * height];
    const [from, to] = [i === 0 ? 0 : time, times[i + 1] ?? Math.max(duration, time + 0.001)];
    return `${clock(from)} --> ${clock(to)}\n${sheetUrl(sheet)}#xywh=${x},${y},${width},${height}\n`;
  });
  return ['WEBVTT\n', ...cues].join('\n');
}

/** `HH:MM:SS.mmm` (W3C WebVTT §4.1, timestamp). */
function clock(seconds: number): string {
  const ms = Math.round(seconds * 1000);
  const part = (value: number, digits: number) => String(Math.floor(value)).padStart(digits, '0');
  return `${part(ms / 3_600_000, 2)}:${part((ms / 60_000) % 60, 2)}:${part((ms / 1000) % 60, 2)}.${part(ms % 1000, 3)}`;
}
