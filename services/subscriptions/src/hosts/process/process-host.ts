import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type MediaConfig, mediaConfig } from '@ptsdly/contract';
import { databaseUrlOf } from '../database-place.ts';
import { type Host, HostError, type HostOptions, type Observed, type ServerSpec } from '../host.ts';
import { runPurge } from '../purge.ts';
import { objectsIn, remoteOf, remoteUrl, storageOf } from '../storage-place.ts';
import { openControlGroups } from './control-group.ts';
import { answersHealth } from './health.ts';
import { LogFile } from './log-file.ts';
import { adoptMedia } from './media-process.ts';
import { isServerFolder, noteFolder, type Places, placesOf, prepareRunFolder } from './places.ts';
import { endProcess, readNote, removeNote } from './process-note.ts';
import { Running, type Walls } from './running.ts';
import { hasBubblewrap } from './sandbox.ts';
import { storeAddress } from './storage-relay.ts';

const LEFTOVER_MS = 5000;
/** Long enough for a control plane to be mended; then a server without one drains and ends. */
const HOSTLESS_SECONDS = 600;
const LOG_CHECK_MS = 30_000;
/** A server that is left running answers at once; one that is starting or hangs is started anew. */
const HANDSHAKE_MS = 2000;
/** Whoever asks for the server next has heard by then that it is being renewed, and waits. */
const NOTICE_MS = 150;

/** A server that this process was told of. When nothing runs it is asleep. */
interface Entry {
  readonly spec: ServerSpec;
  readonly places: Places;
  readonly log: LogFile;
  running?: Running | undefined;
}

/**
 * `process:<folder>`: each media server is a child process on a Unix socket, with a folder of its own below
 * `<folder>`, in a sandbox and under limits where the machine has them. Children are detached and noted: `close`
 * stops them, but those of a control plane that was killed go on, and the next one adopts them.
 */
export async function openProcessHost(folder: string, options: HostOptions): Promise<Host> {
  prepareRunFolder(options.runFolder);
  await mkdir(noteFolder(folder), { recursive: true, mode: 0o700 });
  const host = new ProcessHost(resolve(folder), options, await openWalls(options));
  await host.adopt();
  return host;
}

async function openWalls({ log, runFolder }: HostOptions): Promise<Walls> {
  const sandbox = await hasBubblewrap();
  const groups = openControlGroups(`ptsdly-${basename(resolve(runFolder))}`);
  if (!sandbox) {
    log.warn({}, 'bubblewrap does not work on this machine: media servers are not kept apart by a sandbox');
  }
  if (!groups) {
    log.warn(
      {},
      'no control group can be made here: memory and processors of media servers have loose limits only',
    );
  }
  return { sandbox, groups };
}

class ProcessHost implements Host {
  readonly #folder: string;
  readonly #options: HostOptions;
  readonly #walls: Walls;
  readonly #entries = new Map<string, Entry>();
  /** The last call for each server; the next one waits for it. */
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #logCheck: NodeJS.Timeout;
  /** Servers that were adopted and run another release. */
  readonly #outdated: string[] = [];
  #renewing: Promise<void> = Promise.resolve();
  #closing = false;

  constructor(folder: string, options: HostOptions, walls: Walls) {
    this.#folder = folder;
    this.#options = options;
    this.#walls = walls;
    this.#logCheck = setInterval(() => this.#boundLogs(), LOG_CHECK_MS).unref();
  }

  /** Goes on with the servers that a killed control plane has left running, and ends what cannot be gone on with. */
  async adopt(): Promise<void> {
    const names = (await readdir(noteFolder(this.#folder))).filter(isServerFolder);
    await Promise.allSettled(names.map((name) => this.#inTurn(name, (places) => this.#adoptOne(places))));
    this.#renewing = this.#renew();
  }

  async #adoptOne(places: Places): Promise<void> {
    const { log } = this.#options;
    const note = readNote(places.note);
    if (!note) return removeNote(places.note);
    const { spec, release } = note;
    const { serverId, generation } = spec;
    const media = adoptMedia(places.note, note);
    const answers = media && (await answersHealth(places.socket, serverId, generation, HANDSHAKE_MS));
    if (!answers) {
      const ended = await endProcess(note, LEFTOVER_MS);
      removeNote(places.note);
      if (ended) log.warn({ serverId }, 'ended a media server that was left behind and does not answer');
      return;
    }
    const entry: Entry = { spec, places, log: new LogFile(places.log) };
    this.#entries.set(serverId, entry);
    entry.running = await Running.start(this.#runningOptions(entry, await this.#writeConfig(entry)), media);
    log.info({ serverId }, 'adopted a media server that was left running');
    if (release !== (this.#options.release ?? '')) this.#outdated.push(serverId);
  }

  /** One by one, so that the machine is never without most of them; requests for that one wait meanwhile. */
  async #renew(): Promise<void> {
    for (const serverId of this.#outdated.splice(0)) {
      if (this.#closing) return;
      const renewed = this.#inTurn(serverId, async () => {
        const entry = this.#entries.get(serverId);
        if (!entry?.running) return;
        await this.#stop(entry);
        await this.#start(entry);
        this.#options.log.info({ serverId }, 'renewed a media server of another release');
      });
      await renewed.catch((err) =>
        this.#options.log.warn({ err, serverId }, 'a media server was not renewed'),
      );
      await this.#entries.get(serverId)?.running?.supervisor.settled();
    }
  }

  ensure(spec: ServerSpec): Promise<void> {
    return this.#inTurn(spec.serverId, async (places) => {
      const known = this.#entries.get(spec.serverId);
      if (known && known.spec.generation > spec.generation) {
        throw new HostError('stop', `generation ${spec.generation} is out of date`);
      }
      if (known?.running && known.spec.generation === spec.generation) return;
      if (known) await this.#stop(known);
      const entry: Entry = { spec, places, log: new LogFile(places.log) };
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
    return this.#inTurn(serverId, async () => {
      const entry = this.#entries.get(serverId);
      if (entry) await this.#stop(entry);
    });
  }

  wake(serverId: string): Promise<void> {
    return this.#inTurn(serverId, async () => {
      const entry = this.#entries.get(serverId);
      if (!entry) throw new HostError('retry', 'this server is not known here; it must be ensured first');
      if (!entry.running) await this.#start(entry);
    });
  }

  destroy(serverId: string): Promise<void> {
    return this.#inTurn(serverId, async (places) => {
      const entry = this.#entries.get(serverId);
      if (entry) await this.#stop(entry);
      await this.#purgeRemote(serverId, places);
      await this.#options.databases?.drop(serverId);
      for (const path of [places.run, places.folder]) {
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
    await this.#renewing;
    await Promise.allSettled(this.#turns.values());
    await Promise.allSettled([...this.#entries.values()].map((entry) => this.#stop(entry)));
  }

  async #start(entry: Entry): Promise<void> {
    entry.running = await Running.start(this.#runningOptions(entry, await this.#writeConfig(entry)));
  }

  async #stop(entry: Entry): Promise<void> {
    const { running } = entry;
    entry.running = undefined;
    if (running?.supervisor.state === 'ready') await sleep(NOTICE_MS);
    await running?.stop();
  }

  #runningOptions({ spec, places, log }: Entry, config: MediaConfig) {
    const { storageSocket, databaseUrl } = config;
    const remote = remoteOf(config);
    const network =
      (remote !== undefined && storageSocket === undefined) || !databaseUrl.startsWith('sqlite:');
    const store = remote !== undefined && storageSocket !== undefined ? storeAddress(remote) : undefined;
    return { spec, places, log, walls: this.#walls, host: this.#options, network, store };
  }

  async #writeConfig({ spec, places }: Entry): Promise<MediaConfig> {
    const { mediaOrigin, idleSeconds, hostlessSeconds, remoteStorage, log } = this.#options;
    const storage = storageOf(spec, places.folder, remoteStorage);
    // without keys of its own it asks those of the machine for them, over the network
    const hasKeys = storage.storageKeys !== undefined || storage.lentKeys === true;
    const isApart = this.#walls.sandbox && remoteOf(storage) !== undefined && hasKeys;
    const config: MediaConfig = mediaConfig.parse({
      ...spec,
      ...storage,
      ...(isApart && { storageSocket: places.storage }),
      basePath: `/m/${spec.slug}`,
      folder: places.folder,
      databaseUrl: await this.#databaseUrl(spec, places),
      socketPath: places.socket,
      controlAddress: `unix:${places.control}`,
      publicUrl: mediaOrigin,
      idleSeconds,
      hostlessSeconds: hostlessSeconds ?? HOSTLESS_SECONDS,
      logLevel: mediaConfig.shape.logLevel.catch('info').parse(log.level),
    });
    await mkdir(places.folder, { recursive: true, mode: 0o700 });
    await chmod(places.folder, 0o700);
    const draft = `${places.config}.new`;
    await rm(draft, { recursive: true, force: true });
    await writeFile(draft, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600, flag: 'wx' }); // through no link
    await rename(draft, places.config);
    return config;
  }

  /** Where nobody has noted it, a server that has begun with a file keeps it. */
  #databaseUrl(spec: ServerSpec, { folder }: Places): Promise<string> {
    const { databases } = this.#options;
    const file = `${folder}/media.db`;
    const database = spec.database ?? (databases && !existsSync(file) ? 'schema' : 'file');
    return databaseUrlOf({ ...spec, database }, file, databases);
  }

  /**
   * Removes what a server has in the remote storage, by the media program, which has the driver. Nothing is read
   * from the server's own folder for it.
   */
  async #purgeRemote(serverId: string, places: Places): Promise<void> {
    const { remoteStorage, mediaCommand, mediaEnv } = this.#options;
    if (!remoteStorage || !existsSync(places.folder)) return;
    const purge = { storageUrl: remoteUrl(remoteStorage, serverId), storageKeys: remoteStorage.keys };
    await runPurge(mediaCommand, mediaEnv, purge);
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

function observedEntry({ spec, places, running }: Entry): Observed {
  const supervisor = running?.supervisor;
  const { serverId, generation } = spec;
  const state = supervisor?.state ?? 'asleep';
  const address = state === 'ready' ? `unix:${places.socket}` : null;
  const detail = supervisor?.detail ?? null;
  const observed: Observed = { serverId, generation, state, address, detail };
  const isLocal = (spec.storage ?? 'local') === 'local';
  return address !== null && isLocal ? { ...observed, objects: objectsIn(places.folder) } : observed;
}

function systemError(thrown: unknown): HostError {
  const code = (thrown as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new HostError('capacity', 'there is no disk space left for a media server', { cause: thrown });
  }
  return HostError.from(thrown);
}
