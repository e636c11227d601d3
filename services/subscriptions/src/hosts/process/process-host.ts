import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type MediaConfig, mediaConfig } from '@ptsdly/contract';
import { type Listener, listen } from '@ptsdly/kit';
import {
  type ControlService,
  type Host,
  HostError,
  type HostOptions,
  type Observed,
  type ServerSpec,
} from '../host.ts';
import { answersHealth } from './health.ts';
import { LogFile } from './log-file.ts';
import { spawnMedia } from './media-process.ts';
import { endLeftover } from './pid-file.ts';
import { isServerFolder, type Places, pidFolder, placesOf, prepareRunFolder } from './places.ts';
import { Supervisor } from './supervisor.ts';

const LEFTOVER_MS = 5000;
const CONTROL_DRAIN_MS = 500;
const LOG_CHECK_MS = 30_000;

/** A server that this process was told of. Without a supervisor it is asleep. */
interface Entry {
  readonly spec: ServerSpec;
  readonly places: Places;
  readonly log: LogFile;
  supervisor?: Supervisor | undefined;
  control?: { readonly service: ControlService; readonly listener: Listener } | undefined;
}

/**
 * `process:<folder>`: each media server is a child process on a Unix socket, with a folder of its own below
 * `<folder>`. Children live as long as this process: `close` stops them, and after a crash they end by
 * themselves because their standard input closes; what is left then is found by its pid file and ended before
 * the next one starts.
 */
export async function openProcessHost(folder: string, options: HostOptions): Promise<Host> {
  prepareRunFolder(options.runFolder);
  await mkdir(pidFolder(folder), { recursive: true, mode: 0o700 });
  return new ProcessHost(resolve(folder), options);
}

class ProcessHost implements Host {
  readonly #folder: string;
  readonly #options: HostOptions;
  readonly #entries = new Map<string, Entry>();
  /** The last call for each server; the next one waits for it. */
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #logCheck: NodeJS.Timeout;
  readonly #swept: Promise<unknown>;
  #closing = false;

  constructor(folder: string, options: HostOptions) {
    this.#folder = folder;
    this.#options = options;
    this.#logCheck = setInterval(() => this.#boundLogs(), LOG_CHECK_MS).unref();
    this.#swept = this.#endLeftovers();
  }

  ensure(spec: ServerSpec): Promise<void> {
    return this.#inTurn(spec.serverId, async (places) => {
      const known = this.#entries.get(spec.serverId);
      if (known && known.spec.generation > spec.generation) {
        throw new HostError('stop', `generation ${spec.generation} is out of date`);
      }
      if (known?.supervisor && known.spec.generation === spec.generation) return;
      if (known) await this.#stop(known);
      await endLeftover(places.pid, LEFTOVER_MS);
      const entry: Entry = { spec, places, log: new LogFile(places.log) };
      await this.#writeConfig(entry);
      this.#entries.set(spec.serverId, entry);
      await this.#start(entry);
    });
  }

  async observe(serverId: string): Promise<Observed | null> {
    const entry = this.#entries.get(serverId);
    if (entry) return observedEntry(entry);
    const places = placesOf(this.#folder, this.#options.runFolder, serverId);
    if (!existsSync(places.folder)) return null;
    // What stands in its folder a media server may have written, so nothing is read from there.
    return { serverId, generation: 0, state: 'stopped', address: null, detail: null };
  }

  sleep(serverId: string): Promise<void> {
    return this.#inTurn(serverId, async (places) => {
      const entry = this.#entries.get(serverId);
      if (entry) await this.#stop(entry);
      else await endLeftover(places.pid, LEFTOVER_MS);
    });
  }

  wake(serverId: string): Promise<void> {
    return this.#inTurn(serverId, async () => {
      const entry = this.#entries.get(serverId);
      if (!entry) throw new HostError('retry', 'this server is not known here; it must be ensured first');
      if (!entry.supervisor) await this.#start(entry);
    });
  }

  destroy(serverId: string): Promise<void> {
    return this.#inTurn(serverId, async (places) => {
      const entry = this.#entries.get(serverId);
      if (entry) await this.#stop(entry);
      else await endLeftover(places.pid, LEFTOVER_MS);
      for (const path of [places.socket, places.control, places.folder]) {
        await rm(path, { recursive: true, force: true, maxRetries: 3 });
      }
      this.#entries.delete(serverId);
    });
  }

  async list(): Promise<Observed[]> {
    const names = (await readdir(this.#folder, { withFileTypes: true }))
      .filter((file) => file.isDirectory() && isServerFolder(file.name))
      .map((file) => file.name);
    const observed = [];
    for (const name of new Set([...this.#entries.keys(), ...names])) observed.push(await this.observe(name));
    return observed.filter((server) => server !== null);
  }

  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#logCheck);
    await this.#swept;
    await Promise.allSettled(this.#turns.values());
    await Promise.allSettled([...this.#entries.values()].map((entry) => this.#stop(entry)));
  }

  async #start(entry: Entry): Promise<void> {
    const { spec, places, log } = entry;
    const { mediaCommand, mediaEnv, control, changed } = this.#options;
    const { serverId, ownerId, generation } = spec;
    const service = control({ serverId, ownerId, folder: places.folder });
    entry.control = { service, listener: await listen(service, controlListen(places)) };
    const supervisor = new Supervisor({
      spawn: () => {
        const argv = [...mediaCommand, places.config];
        const env = { HOME: places.folder, ...mediaEnv };
        return spawnMedia({ argv, env, folder: places.folder, log, pidFile: places.pid, generation });
      },
      healthy: () => answersHealth(places.socket, serverId, generation),
      changed: () => changed(serverId),
      log: this.#options.log.child({ serverId }),
    });
    await rm(places.socket, { force: true });
    try {
      await supervisor.start();
    } catch (error) {
      await this.#stop(entry);
      throw error;
    }
    entry.supervisor = supervisor;
  }

  /** First the child, which may still report on its control socket, then the socket. */
  async #stop(entry: Entry): Promise<void> {
    await entry.supervisor?.stop();
    entry.supervisor = undefined;
    entry.control?.service.close();
    await entry.control?.listener.close();
    entry.control = undefined;
    await rm(entry.places.socket, { force: true });
  }

  async #writeConfig({ spec, places }: Entry): Promise<void> {
    const { mediaOrigin, log } = this.#options;
    const config: MediaConfig = mediaConfig.parse({
      ...spec,
      basePath: `/m/${spec.slug}`,
      folder: places.folder,
      databaseUrl: `sqlite:${places.folder}/media.db`,
      storageUrl: `file:${places.folder}/objects`,
      socketPath: places.socket,
      controlAddress: `unix:${places.control}`,
      publicUrl: mediaOrigin,
      logLevel: mediaConfig.shape.logLevel.catch('info').parse(log.level),
    });
    await mkdir(places.folder, { recursive: true, mode: 0o700 });
    await chmod(places.folder, 0o700);
    const draft = `${places.config}.new`;
    await rm(draft, { recursive: true, force: true });
    await writeFile(draft, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600, flag: 'wx' }); // through no link
    await rename(draft, places.config);
  }

  /** One call for a server after the other; an error of the system becomes a `HostError`. */
  async #inTurn<T>(serverId: string, work: (places: Places) => Promise<T>): Promise<T> {
    const places = placesOf(this.#folder, this.#options.runFolder, serverId);
    const before = this.#turns.get(serverId);
    const turn = (async () => {
      await before?.catch(() => undefined);
      if (this.#closing) throw new HostError('retry', 'the host is closing');
      return work(places);
    })();
    this.#turns.set(serverId, turn);
    try {
      return await turn;
    } catch (error) {
      throw systemError(error);
    } finally {
      if (this.#turns.get(serverId) === turn) this.#turns.delete(serverId);
    }
  }

  /** What the last control plane left behind when it was killed. Each server also waits for its own. */
  async #endLeftovers(): Promise<void> {
    const names = (await readdir(pidFolder(this.#folder)).catch(() => [])).filter(isServerFolder);
    const waits = names.map(async (name) => {
      const ended = await this.#inTurn(name, async ({ pid }) => {
        return !this.#entries.has(name) && (await endLeftover(pid, LEFTOVER_MS));
      });
      if (ended) this.#options.log.warn({ serverId: name }, 'ended a media server that was left behind');
    });
    await Promise.allSettled(waits);
  }

  #boundLogs(): void {
    for (const { log, spec } of this.#entries.values()) {
      try {
        log.bound();
      } catch (error) {
        this.#options.log.warn({ err: error, serverId: spec.serverId }, 'a log could not be cut');
      }
    }
  }
}

const controlListen = (places: Places) => ({ socketPath: places.control, drainMs: CONTROL_DRAIN_MS });

function observedEntry({ spec, places, supervisor }: Entry): Observed {
  const { serverId, generation } = spec;
  const state = supervisor?.state ?? 'asleep';
  const address = state === 'ready' ? `unix:${places.socket}` : null;
  return { serverId, generation, state, address, detail: supervisor?.detail ?? null };
}

function systemError(thrown: unknown): HostError {
  const code = (thrown as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new HostError('capacity', 'there is no disk space left for a media server', { cause: thrown });
  }
  return HostError.from(thrown);
}
