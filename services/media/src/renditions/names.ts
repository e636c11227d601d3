import type { RenditionRow } from './rows.ts';

type Named = Pick<RenditionRow, 'video' | 'name'>;

/** Objects of a rendition in the storage. */
export const renditionOf = ({ video, name }: Named): string => `${video}/${name}`;
export const renditionIndexOf = ({ video, name }: Named): string => `${video}/${name}-index`;

/** Name of the video rendition with so many lines. */
export const videoName = (lines: number): string => `v${lines}`;
/** Name of a sound track of the original, converted. */
export const soundName = (track: number): string => `c${track}`;

/** The sound track of a name that `soundName` gave; undefined for a picture. */
export function soundTrackOf(name: string): number | undefined {
  const track = /^c(\d+)$/.exec(name)?.[1];
  return track === undefined ? undefined : Number(track);
}
