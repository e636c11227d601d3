import { execFileSync } from 'node:child_process';

/** Pids of media servers whose configuration lies below a data folder; the outer end of a sandbox is none. */
export function mediaProcesses(data: string): number[] {
  const lines = execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' }).split('\n');
  return lines
    .filter((line) => line.includes(`${data}/`) && line.includes('config.json'))
    .filter((line) => !/^\s*\d+ bwrap /.test(line))
    .map((line) => Number.parseInt(line, 10));
}
