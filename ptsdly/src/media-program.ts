import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const BUNDLE = `${root}services/media/dist/media.mjs`;
const SOURCE = `${root}ptsdly/src/media.ts`;

export interface MediaProgram {
  readonly mediaCommand: readonly string[];
  /** What a sandbox must let it read. */
  readonly mediaReads: readonly string[];
  /** Changes with the program. */
  readonly release: string;
}

/** A media server is one bundled file, since type stripping costs memory and time in each process. */
export function mediaProgram(): MediaProgram {
  const bundled = existsSync(BUNDLE);
  const program = bundled ? BUNDLE : SOURCE;
  const node = realpathSync(process.execPath);
  const hash = createHash('sha256').update(process.version);
  for (const file of bundled ? bundleFiles() : [program]) hash.update(file).update(readFileSync(file));
  return {
    mediaCommand: [node, '--disable-warning=ExperimentalWarning', program],
    mediaReads: [...(node.startsWith('/usr/') ? [] : [node]), bundled ? dirname(BUNDLE) : root],
    release: hash.digest('hex').slice(0, 12),
  };
}

function bundleFiles(): string[] {
  const folder = dirname(BUNDLE);
  return readdirSync(folder)
    .filter((name) => name.endsWith('.mjs'))
    .sort()
    .map((name) => `${folder}/${name}`);
}
