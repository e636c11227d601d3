import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@ptsdly/kit';
import type { Config } from '../config.ts';
import { plan } from './plan.ts';
import { openScalingGroup } from './scaling-group.ts';
import { openSwarm } from './swarm.ts';

const EVERY_MS = 5000;
const HOOK = 'drain';

/**
 * `ptsdly nodes`, on a manager of a Swarm: looks at nodes and servers every five seconds and does what `plan` says,
 * until the signal. One is enough; two do each other no harm, since a change of an outdated version is refused.
 */
export async function manageNodes(
  { nodesEngine, scalingGroup }: Pick<Config, 'nodesEngine' | 'scalingGroup'>,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  const swarm = await openSwarm(nodesEngine);
  const group = scalingGroup === undefined ? undefined : await openScalingGroup(scalingGroup, HOOK);
  while (!signal.aborted) {
    try {
      const seen = await group?.look().catch((err: unknown) => {
        log.warn({ err }, 'the scaling group does not answer');
      });
      for (const step of plan({ ...(await swarm.look()), group: seen ?? null })) {
        log.info({ ...step }, 'nodes');
        if (step.do === 'release') await group?.release(step.instance);
        else await swarm.perform(step);
      }
    } catch (err) {
      log.warn({ err }, 'the nodes could not be looked after; trying again');
    }
    await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}
