import type { Observed } from '../host.ts';
import type { Seen } from './fleet.ts';
import { MEDIA_PORT } from './launches.ts';
import type { Kept } from './note.ts';

/** Instances or starts in a row that may come to nothing; then a person is asked. */
export const MOST_FAILURES = 3;

export const addressOf = ({ privateIp }: Seen): string => `http://${privateIp}:${MEDIA_PORT}`;

/** It had data, and the machine that held it is gone: nothing is done by itself. */
export const isLost = ({ note }: Kept, seen: Seen | undefined): boolean =>
  note.booted && (seen?.state === 'terminated' || seen?.state === 'shutting-down');

/** What a server is, from its note, its instance at the last look, and the generation that answered last. */
export function observedOf(kept: Kept, seen: Seen | undefined, answers: number | undefined): Observed | null {
  const { spec, wanted, failures, instanceId } = kept.note;
  if (!spec) return null;
  const { serverId, generation } = spec;
  const base = { serverId, generation, address: null, detail: null };
  if (wanted === 'gone') return { ...base, state: 'starting' };
  if (failures >= MOST_FAILURES) {
    return { ...base, state: 'failed', detail: 'Its machine does not come up. Our operators are told.' };
  }
  // without an instance only `ensure` helps, which asks for one
  if (instanceId === null) return { ...base, state: 'stopped' };
  if (wanted === 'asleep') return { ...base, state: seen?.state === 'stopped' ? 'asleep' : 'starting' };
  if (isLost(kept, seen)) {
    return {
      ...base,
      state: 'failed',
      detail: 'Its machine was removed from outside. Our operators are told.',
    };
  }
  if (seen?.state !== 'running' || answers === undefined) return { ...base, state: 'starting' };
  // one of the generation before serves until it is replaced
  return { ...base, state: answers === generation ? 'ready' : 'starting', address: addressOf(seen) };
}
