import { statfsSync } from 'node:fs';

/** Bytes of the disk that stay free whatever is uploaded or fetched: databases and logs need them. */
const RESERVE = 64 * 1024 * 1024;

/** Bytes that may still be written below a folder. */
export function roomIn(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return Math.max(0, bavail * bsize - RESERVE);
}
