import { formatDuration } from '../../ui/format.ts';

/** Seconds of `65`, `1:05`, `1:02:03.5`; null where it is none of these. */
export function parseClock(text: string): number | null {
  const match = /^(?:(?:(\d{1,4}):)?(\d{1,3}):)?(\d{1,5}(?:\.\d{1,3})?)$/.exec(text.trim());
  if (!match) return null;
  const [, hours = '0', minutes = '0', seconds = ''] = match;
  if (match[2] !== undefined && Number(seconds) >= 60) return null;
  if (match[1] !== undefined && Number(minutes) >= 60) return null;
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

/** The same the other way round, with tenths only where they matter. */
export function writeClock(seconds: number): string {
  const tenths = Math.round(seconds * 10) % 10;
  return tenths === 0 ? formatDuration(seconds) : `${formatDuration(Math.floor(seconds))}.${tenths}`;
}
