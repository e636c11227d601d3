import type { ServerAddress } from '@ptsdly/contract';
import type { Changes } from './changes.ts';
import type { Host } from './hosts/host.ts';
import type { ServerRow } from './schema.ts';
import type { Servers } from './servers.ts';

export interface LocationParts {
  readonly servers: Servers;
  readonly host: Host;
  readonly changes: Changes;
  readonly nudge: (serverId: string) => void;
}

/** A change that nobody has told of is found by looking again. */
const LOOK_MS = 250;

/** The row may lag behind the host, and while a server is upgraded the one before it may still answer. */
const SERVING: ReadonlySet<string> = new Set(['ready', 'upgrading', 'starting', 'waking']);

/** The host knows whether a server answers now; the row, whether it may. */
export async function addressOf(row: ServerRow, host: Host): Promise<ServerAddress> {
  const { id, slug, ownerId, state } = row;
  const serves = row.desired === 'running' && SERVING.has(state);
  const observed = serves ? await host.observe(id) : null;
  const resting = row.desired === 'asleep' && state === 'ready'; // it has asked to sleep and is about to
  const found = { id, slug, ownerId, state: resting ? 'asleep' : state, address: observed?.address ?? null };
  return observed?.objects === undefined ? found : { ...found, objects: observed.objects };
}

/**
 * Where the server of a slug is; woken where that is asked for, and awaited for `wait` seconds while it is on its way.
 * Rejects with `not_found`.
 */
export async function locate(
  slug: string,
  { wake, wait }: { wake?: 'yes' | undefined; wait: number },
  { servers, host, changes, nudge }: LocationParts,
): Promise<ServerAddress> {
  const deadline = performance.now() + wait * 1000;
  for (;;) {
    const row = await servers.bySlug(slug);
    if (wake && row.desired === 'asleep') {
      await servers.wake(row.id);
      nudge(row.id);
      continue;
    }
    const found = await addressOf(row, host);
    const left = deadline - performance.now();
    if (found.address !== null || left <= 0 || !comes(row)) return found;
    await changes.next(row.id, Math.min(left, LOOK_MS));
  }
}

/** It will be there soon, if nothing goes wrong. */
function comes({ state, desired }: ServerRow): boolean {
  if (desired !== 'running') return false;
  return ['provisioning', 'starting', 'ready', 'asleep', 'waking', 'upgrading'].includes(state);
}
