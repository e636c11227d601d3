/** A machine of the Swarm, as far as its work is concerned. */
export interface SwarmNode {
  readonly id: string;
  readonly role: 'manager' | 'worker';
  readonly state: 'ready' | 'down' | 'other';
  readonly availability: 'active' | 'pause' | 'drain';
  /** Of the cloud, where the machine says it (engine label `instance`). */
  readonly instance: string | null;
  /** Somebody wants it to be emptied (node label `ly.ptsd.leave=true`). */
  readonly isLeaving: boolean;
}

/** A media server that runs, and where. */
export interface PlacedServer {
  readonly service: string;
  readonly node: string;
}

/** What a scaling group says of its instances. */
export interface Group {
  /** All of them. */
  readonly instances: ReadonlySet<string>;
  /** Those that wait to be let go (lifecycle hook, `Terminating:Wait`). */
  readonly leaving: ReadonlySet<string>;
}

export interface Sight {
  readonly nodes: readonly SwarmNode[];
  readonly servers: readonly PlacedServer[];
  /** Ids of nodes on which something still runs. */
  readonly busy: ReadonlySet<string>;
  /** A service is being changed at this moment. */
  readonly isMoving: boolean;
  /** Null where there is no group, or it does not answer. */
  readonly group: Group | null;
}

export type Step =
  | { readonly do: 'pause' | 'drain' | 'remove'; readonly node: string }
  | { readonly do: 'release'; readonly instance: string }
  | { readonly do: 'move'; readonly service: string };

/**
 * What to do for the nodes of a Swarm: empties those that are to go and lets them go when they are, forgets those that
 * are gone, and gives a node that has joined its share. Servers move one at a time, the new task first, so that no
 * request fails; Swarm itself stops them first where a node is drained, and moves nothing to one that joins. Pure.
 */
export function plan(sight: Sight): Step[] {
  const steps = [...leavingSteps(sight), ...forgottenNodes(sight)];
  return steps.length > 0 || sight.isMoving ? steps : share(sight);
}

function leavingSteps(sight: Sight): Step[] {
  const { nodes, group } = sight;
  const leaving = [...(group?.leaving ?? [])];
  const ended = leaving.flatMap((instance) => {
    const node = nodes.find((each) => each.instance === instance);
    if (!node || node.state === 'down') return [{ do: 'release' as const, instance }];
    return emptied(node, instance, sight);
  });
  const byHand = nodes.filter(({ isLeaving, state, instance }) => {
    return isLeaving && state === 'ready' && !leaving.some((each) => each === instance);
  });
  return [...ended, ...byHand.flatMap((node) => emptied(node, null, sight))];
}

/** No new tasks, then its servers elsewhere, then the rest of it, then it may go. */
function emptied({ id, availability }: SwarmNode, instance: string | null, sight: Sight): Step[] {
  const { servers, busy, isMoving } = sight;
  if (availability === 'drain') return busy.has(id) || instance === null ? [] : [{ do: 'release', instance }];
  if (availability === 'active') return [{ do: 'pause', node: id }];
  const [server] = servers.filter(({ node }) => node === id);
  if (!server) return [{ do: 'drain', node: id }];
  return isMoving ? [] : [{ do: 'move', service: server.service }];
}

/** A group without instances is no proof that they are gone. */
function forgottenNodes({ nodes, group }: Sight): Step[] {
  if (!group || group.instances.size === 0) return [];
  return nodes
    .filter(({ role, state }) => role === 'worker' && state === 'down')
    .filter(({ instance }) => instance !== null && !group.instances.has(instance))
    .map(({ id }) => ({ do: 'remove', node: id }));
}

function share({ nodes, servers }: Sight): Step[] {
  const workers = nodes.filter(
    ({ role, state, availability }) => role === 'worker' && state === 'ready' && availability === 'active',
  );
  const on = (node: SwarmNode) => servers.filter((server) => server.node === node.id);
  const byLoad = workers.toSorted((a, b) => on(a).length - on(b).length);
  const [emptiest, fullest] = [byLoad[0], byLoad.at(-1)];
  if (!emptiest || !fullest || on(fullest).length - on(emptiest).length < 2) return [];
  return [{ do: 'move', service: on(fullest)[0]?.service as string }];
}
