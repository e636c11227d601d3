import type { PlacedServer, Sight, Step, SwarmNode } from './plan.ts';

/** What this needs of Docker's Engine API, in its names. */
interface EngineNode {
  readonly ID: string;
  readonly Version: { readonly Index: number };
  readonly Spec: {
    readonly Role: 'manager' | 'worker';
    readonly Availability: SwarmNode['availability'];
    readonly Labels?: Readonly<Record<string, string>>;
  };
  readonly Description: { readonly Engine: { readonly Labels?: Readonly<Record<string, string>> } };
  readonly Status: { readonly State: string };
}
interface EngineTask {
  readonly ServiceID: string;
  readonly NodeID?: string;
  readonly DesiredState: string;
  readonly Status: { readonly State: string };
}
interface EngineService {
  readonly ID: string;
  readonly Version: { readonly Index: number };
  readonly Spec: {
    readonly Labels: Readonly<Record<string, string>>;
    readonly TaskTemplate: { readonly ForceUpdate?: number };
  };
  readonly UpdateStatus?: { readonly State?: string };
}

const SERVER_LABEL = 'ly.ptsd.server';
const LEAVE_LABEL = 'ly.ptsd.leave';
const ALIVE = new Set(['assigned', 'accepted', 'preparing', 'ready', 'starting', 'running']);

/** The Swarm behind an engine of a manager. */
export async function openSwarm(socketPath: string) {
  const { default: Docker } = await import('dockerode');
  const { ApiVersion } = await new Docker({ socketPath }).version();
  const docker = new Docker({ socketPath, version: `v${ApiVersion}` });

  const look = async (): Promise<Omit<Sight, 'group'>> => {
    const nodes = (await docker.listNodes()) as unknown as EngineNode[];
    const tasks = (await docker.listTasks()) as EngineTask[];
    const filters = { label: [SERVER_LABEL] };
    const services = (await docker.listServices({ filters })) as unknown as EngineService[];
    const ids = new Set(services.map(({ ID }) => ID));
    const alive = tasks.filter(({ Status, NodeID }) => NodeID && ALIVE.has(Status.State));
    return {
      nodes: nodes.map(nodeOf),
      servers: alive
        .filter(({ ServiceID, DesiredState }) => DesiredState === 'running' && ids.has(ServiceID))
        .map(({ ServiceID, NodeID }): PlacedServer => ({ service: ServiceID, node: NodeID as string })),
      busy: new Set(alive.map(({ NodeID }) => NodeID as string)),
      isMoving: services.some(({ UpdateStatus }) => /updating|started/.test(UpdateStatus?.State ?? '')),
    };
  };

  const make = async (id: string, Availability: 'pause' | 'drain') => {
    const node = docker.getNode(id);
    const { Version, Spec } = (await node.inspect()) as EngineNode;
    await node.update({ version: Version.Index, ...Spec, Availability } as never);
  };

  /** Started anew as it is, first the new task: Swarm puts it where there is least. */
  const move = async (id: string) => {
    const service = docker.getService(id);
    const { Version, Spec } = (await service.inspect()) as EngineService;
    const ForceUpdate = (Spec.TaskTemplate.ForceUpdate ?? 0) + 1;
    const TaskTemplate = { ...Spec.TaskTemplate, ForceUpdate };
    await service.update({ version: Version.Index, ...Spec, TaskTemplate });
  };

  const perform = async (step: Exclude<Step, { do: 'release' }>): Promise<void> => {
    if (step.do === 'move') await move(step.service);
    else if (step.do !== 'remove') await make(step.node, step.do);
    else await docker.getNode(step.node).remove({ force: true });
  };
  return { look, perform };
}

function nodeOf({ ID, Spec, Description, Status }: EngineNode): SwarmNode {
  const state = Status.State === 'ready' || Status.State === 'down' ? Status.State : 'other';
  const instance = Description.Engine.Labels?.instance ?? null;
  const isLeaving = Spec.Labels?.[LEAVE_LABEL] === 'true';
  return { id: ID, role: Spec.Role, state, availability: Spec.Availability, instance, isLeaving };
}
