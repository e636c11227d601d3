import { existsSync } from 'node:fs';
import { open, readFile, rename } from 'node:fs/promises';
import { withHole } from './hole.ts';

/** Bytes that a 32-bit offset cannot tell. */
const HOLE = 5 * 2 ** 30;
/** More than stands in front of the hole, and than the movie header grows by. */
const MARGIN = 65_536;

/** The file with its media and its movie header behind a hole of 5 GB, which takes no room on disk. */
export async function beyondFourGigabytes(from: () => Promise<string>): Promise<string> {
  const original = await from();
  const path = original.replace(/\.mp4$/, '-sparse.mp4');
  if (existsSync(path)) return path;
  const file = await readFile(original);
  const source = withHole(file, HOLE);
  const draft = `${path}-${process.pid}.part`;
  const handle = await open(draft, 'w');
  const tail = file.length + MARGIN;
  await handle.write(await source.read(0, MARGIN), 0, MARGIN, 0);
  await handle.write(await source.read(source.size - tail, tail), 0, tail, source.size - tail);
  await handle.close();
  await rename(draft, path);
  return path;
}
