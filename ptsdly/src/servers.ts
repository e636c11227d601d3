import { createClient, type Placement, placementApi } from '@ptsdly/contract';
import { type Config, ConfigError } from './config.ts';
import { explained, operatorPeer } from './operator.ts';

const USAGE = 'ptsdly servers [move SERVER local|remote]';

/**
 * What an operator asks about servers: `servers` lists them and where their objects lie, `servers move` changes that.
 * Answers the lines to print. Rejects with a ConfigError that says what to do.
 */
export async function operateServers(config: Config, args: readonly string[]): Promise<string[]> {
  const client = createClient(placementApi, operatorPeer(config, 'subscriptions'));
  try {
    if (args.length === 0) return table((await client.placements({})).items);
    const [verb, id, to] = args;
    if (verb !== 'move' || !id || (to !== 'local' && to !== 'remote')) throw new ConfigError(USAGE);
    const moved = await client.moveServer({ params: { id }, body: { to } });
    return [`${moved.slug}: ${words(moved)}`];
  } catch (thrown) {
    throw explained(thrown, 'subscriptions');
  }
}

function table(items: readonly Placement[]): string[] {
  if (items.length === 0) return ['none'];
  return items.map((item) => [item.slug, item.id, item.state, item.usedBytes, words(item)].join('\t'));
}

function words({ storage, objectsLeft }: Placement): string {
  const place = storage === 'remote' ? 'remote' : 'local';
  if (objectsLeft === 0 || (objectsLeft === null && storage === 'local')) return place;
  return objectsLeft === null ? `on its way to ${place}` : `${place}, ${objectsLeft} objects still to move`;
}
