import { execFile } from 'node:child_process';
import { cpus, loadavg, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { root } from '../test/product.ts';
import type { Conditions } from './report.ts';

const run = promisify(execFile);

/** What every figure of this run was measured on. */
export async function machine(): Promise<Conditions> {
  const processors = cpus();
  return {
    date: new Date().toISOString().slice(0, 16),
    revision: await revision(),
    node: process.versions.node,
    processors: `${processors.length} × ${processors[0]?.model.trim()}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    load: loadavg()[0]?.toFixed(1) ?? '',
  };
}

/** The commit, with a mark when the files differ from it. */
async function revision(): Promise<string> {
  const git = (...args: string[]) => run('git', args, { cwd: root }).then(({ stdout }) => stdout.trim());
  try {
    const changed = await git('status', '--porcelain', '--untracked-files=no');
    return (await git('rev-parse', '--short', 'HEAD')) + (changed ? '+' : '');
  } catch {
    return 'unknown'; // a copy without its history
  }
}
