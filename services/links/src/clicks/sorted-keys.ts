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

/** All keys of sorted runs in one order, found as they are asked for. */
export function* merged(runs: readonly (readonly string[])[]): Generator<string> {
  const heads = runs.filter((run) => run.length > 0).map((run) => ({ run, at: 0, key: run[0] as string }));
  while (heads.length > 0) {
    let least = 0;
    for (let i = 1; i < heads.length; i++) {
      if ((heads[i] as { key: string }).key < (heads[least] as { key: string }).key) least = i;
    }
    const head = heads[least] as (typeof heads)[number];
    yield head.key;
    const next = head.run[++head.at];
    if (next === undefined) heads.splice(least, 1);
    else head.key = next;
  }
}
