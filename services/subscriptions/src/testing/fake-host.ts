import { type Host, HostError, type HostErrorKind, type Observed, type ServerSpec } from '../hosts/host.ts';

interface Instance {
  spec: ServerSpec;
  state: 'starting' | 'ready' | 'asleep' | 'stopped';
}

/** Where servers live: outlasts every host that is opened on it, as a cloud outlasts a control plane. */
export class Cloud {
  readonly instances = new Map<string, Instance>();
  /** Calls that changed something, as `ensure 1`. */
  readonly log: string[] = [];

  running(): string[] {
    return [...this.instances]
      .filter(([, { state }]) => state !== 'asleep' && state !== 'stopped')
      .map(([id]) => id);
  }
}

type Call = 'ensure' | 'observe' | 'sleep' | 'wake' | 'destroy' | 'list';

/** Runs before and after the effect of each call; it may reject, or never resolve, as after a crash. */
export type Script = (moment: `${'before' | 'after'} ${Call}`, serverId: string) => Promise<void>;

/** A host in memory whose calls follow a script. */
export function fakeHost(cloud: Cloud, script: Script, changed: (id: string) => void): Host {
  const call = async <T>(name: Call, id: string, effect: () => T): Promise<T> => {
    await script(`before ${name}`, id);
    const result = effect();
    await script(`after ${name}`, id);
    return result;
  };
  const start = (id: string, spec: ServerSpec) => {
    const instance: Instance = { spec, state: 'starting' };
    cloud.instances.set(id, instance);
    setImmediate(() => {
      if (instance.state === 'starting') instance.state = 'ready';
      changed(id);
    });
  };
  const view = (id: string): Observed | null => {
    const instance = cloud.instances.get(id);
    if (!instance) return null;
    const { spec, state } = instance;
    const address = state === 'ready' ? `unix:/fake/${id}` : null;
    return { serverId: id, generation: spec.generation, state, address, detail: null };
  };
  const note = (text: string) => cloud.log.push(text);
  return {
    ensure: (spec) =>
      call('ensure', spec.serverId, () => {
        const at = cloud.instances.get(spec.serverId);
        const atWork = at && at.state !== 'stopped' && at.spec.generation === spec.generation;
        if (atWork && at.state !== 'asleep') return;
        note(`ensure ${spec.generation}`);
        start(spec.serverId, spec);
      }),
    observe: (id) => call('observe', id, () => view(id)),
    sleep: (id) =>
      call('sleep', id, () => {
        const at = cloud.instances.get(id);
        if (at && at.state !== 'asleep') note('sleep');
        if (at) at.state = 'asleep';
      }),
    wake: (id) =>
      call('wake', id, () => {
        const at = cloud.instances.get(id);
        if (!at) throw new HostError('retry', 'unknown');
        if (at.state !== 'asleep') return;
        note('wake');
        start(id, at.spec);
      }),
    destroy: (id) =>
      call('destroy', id, () => {
        if (cloud.instances.delete(id)) note('destroy');
      }),
    list: () => call('list', '', () => [...cloud.instances.keys()].map((id) => view(id) as Observed)),
    close: async () => undefined,
  };
}

/** Fails the first `times` calls at a moment, then lets everything pass. */
export function failing(moment: Parameters<Script>[0], kind: HostErrorKind, times: number): Script {
  let left = times;
  return async (at) => {
    if (at === moment && left-- > 0) throw new HostError(kind, `no ${moment} today`);
  };
}

export class ManualClock {
  #now = Date.parse('2026-11-23T00:00:00Z');
  now = () => this.#now;
  advance(ms: number): void {
    this.#now += ms;
  }
}
