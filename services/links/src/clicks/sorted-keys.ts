import { setImmediate as turn } from 'node:timers/promises';

/** Sorting this many takes a few milliseconds. */
const RUN = 8192;

/** Keys sorted in runs, between which other work of this process has its turn. */
export async function sortedRuns(keys: Iterable<string>): Promise<string[][]> {
  const runs: string[][] = [];
  let run: string[] = [];
  for (const key of keys) {
    if (run.push(key) < RUN) continue;
    runs.push(run.sort());
    run = [];
    await turn();
  }
  if (run.length > 0) runs.push(run.sort());
  return runs;
}

/** All keys of sorted runs in one order, found as they are asked for: each takes as many comparisons as the runs can be halved. */
export function merged(runs: readonly (readonly string[])[]): Iterator<string> & Iterable<string> {
  const [only = []] = runs;
  if (runs.length <= 1) return only.values();
  const half = Math.ceil(runs.length / 2);
  return zipped(merged(runs.slice(0, half)), merged(runs.slice(half)));
}

function* zipped(left: Iterator<string>, right: Iterator<string>): Generator<string> {
  let a = left.next();
  let b = right.next();
  while (!a.done && !b.done) {
    if (b.value < a.value) {
      yield b.value;
      b = right.next();
    } else {
      yield a.value;
      a = left.next();
    }
  }
  for (; !a.done; a = left.next()) yield a.value;
  for (; !b.done; b = right.next()) yield b.value;
}
