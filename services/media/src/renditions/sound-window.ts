import { type MediaIndex, placeSound } from '@ptsdly/packager';
import type { SoundGrid } from './sound-grid.ts';

/** Packets that the encoder is given in front of a window, so that it is as far as it would be in one go. */
export const LEAD_PACKETS = 4;

/** What of the file of a window stands in the whole. Throws `PackagerError` when it is not what was asked for. */
export function placeWindow(index: MediaIndex, { packets }: SoundGrid, from: number, to: number): MediaIndex {
  const [first = 0, last = 0] = [packets[from], packets[to]];
  return placeSound(index, { first, count: last - first, lead: Math.min(first, LEAD_PACKETS) });
}
