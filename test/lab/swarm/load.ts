import { setTimeout as sleep } from 'node:timers/promises';

/** What constant load has met. */
export interface Load {
  readonly requests: number;
  /** Status codes, or what went wrong, of requests that were not answered with 200 or 206; with how often. */
  readonly failures: Readonly<Record<string, number>>;
  /** Milliseconds. */
  readonly longest: number;
}

/** Asks for the same addresses again and again, four at a time, until it is ended. */
export function startLoad(urls: readonly string[]): { end(): Promise<Load> } {
  let [isOver, requests, longest] = [false, 0, 0];
  const failures: Record<string, number> = {};
  const client = async (first: number) => {
    for (let turn = first; !isOver; turn++) {
      const begun = performance.now();
      const outcome = await fetch(urls[turn % urls.length] as string).then(
        async (response) => {
          const text = response.ok ? await response.arrayBuffer() : await response.text();
          return response.ok ? undefined : `${response.status} ${text}`.replace(/,"requestId.*/, '');
        },
        (error: Error) => String(error.cause ?? error.message),
      );
      requests += 1;
      longest = Math.max(longest, performance.now() - begun);
      if (outcome !== undefined) failures[outcome] = (failures[outcome] ?? 0) + 1;
      await sleep(5);
    }
  };
  const clients = [0, 1, 2, 3].map(client);
  return {
    async end() {
      isOver = true;
      await Promise.all(clients);
      return { requests, failures, longest };
    },
  };
}
