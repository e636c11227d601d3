import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { type Listener, listen } from '@ptsdly/kit';
import { type ControlService, HostError, type HostOptions, type ServerSpec } from '../host.ts';
import type { ControlGroups } from './control-group.ts';
import { answersHealth } from './health.ts';
import { fileBytesOf, limited } from './limits.ts';
import type { LogFile } from './log-file.ts';
import { type MediaProcess, spawnMedia } from './media-process.ts';
import type { Places } from './places.ts';
import { sandboxed } from './sandbox.ts';
import { openStorageRelay, type StorageRelay, type StoreAddress } from './storage-relay.ts';
import { Supervisor } from './supervisor.ts';

/** What keeps the servers of this machine apart. */
export interface Walls {
  /** Bubblewrap works here. */
  readonly sandbox: boolean;
  readonly groups: ControlGroups | undefined;
}

export interface RunningOptions {
  readonly spec: ServerSpec;
  readonly places: Places;
  readonly log: LogFile;
  readonly walls: Walls;
  readonly host: HostOptions;
  /** Its storage or database is elsewhere. */
  readonly network: boolean;
  /** The store that it reaches by a socket of ours. */
  readonly store: StoreAddress | undefined;
}

/** What a server finds in the folder of its host. */
interface Sockets {
  readonly service: ControlService;
  readonly listener: Listener;
  readonly relay: StorageRelay | undefined;
}

const CONTROL_DRAIN_MS = 500;

/** A media server that runs, or is kept running: its process under a supervisor, and its control socket. */
export class Running {
  readonly supervisor: Supervisor;
  readonly #places: Places;
  readonly #service: ControlService;
  readonly #listener: Listener;
  readonly #relay: StorageRelay | undefined;
  readonly #onEnd: () => void;

  private constructor(
    supervisor: Supervisor,
    options: RunningOptions,
    { service, listener, relay }: Sockets,
  ) {
    this.supervisor = supervisor;
    this.#places = options.places;
    this.#service = service;
    this.#listener = listener;
    this.#relay = relay;
    this.#onEnd = () => options.walls.groups?.remove(groupOf(options.places));
  }

  /**
   * Opens the control socket and starts the process, or goes on with the one that is given, which answers already.
   * Resolves when it is there (not yet ready). Rejects with a `HostError`.
   */
  static async start(options: RunningOptions, adopted?: MediaProcess): Promise<Running> {
    const { spec, places, host } = options;
    const { serverId, ownerId, generation } = spec;
    requireProgram(host.mediaCommand);
    for (const socket of [places.socket, places.control]) {
      await mkdir(dirname(socket), { recursive: true, mode: 0o700 });
    }
    const service = host.control({ serverId, ownerId, folder: places.folder });
    const listener = await listen(service, { socketPath: places.control, drainMs: CONTROL_DRAIN_MS });
    const relay = options.store && (await openStorageRelay(places.storage, options.store));
    const supervisor = new Supervisor({
      spawn: () => spawnMedia(commandOf(options)),
      healthy: () => answersHealth(places.socket, serverId, generation),
      changed: () => host.changed(serverId),
      log: host.log.child({ serverId }),
    });
    const running = new Running(supervisor, options, { service, listener, relay });
    try {
      if (adopted) supervisor.adopt(adopted);
      else {
        await rm(places.socket, { force: true });
        await supervisor.start();
      }
    } catch (error) {
      await running.stop();
      throw error;
    }
    return running;
  }

  /** First the process, which may still report on its control socket, then the socket. */
  async stop(): Promise<void> {
    await this.supervisor.stop();
    this.#service.close();
    await this.#listener.close();
    await this.#relay?.close();
    await rm(this.#places.socket, { force: true });
    this.#onEnd();
  }
}

function commandOf({ spec, places, log, walls, host, network }: RunningOptions) {
  const plain = [...host.mediaCommand, places.config];
  const inside = walls.sandbox
    ? sandboxed(plain, { places, reads: host.mediaReads ?? filesOf(host.mediaCommand), network })
    : plain;
  const groups = walls.groups?.open(groupOf(places)) ?? [];
  return {
    argv: limited(inside, { fileBytes: fileBytesOf(spec.quotaBytes), groups }),
    env: { HOME: places.folder, ...host.mediaEnv },
    folder: places.folder,
    ...{ log, spec, note: places.note, sandboxed: walls.sandbox, release: host.release ?? '' },
  };
}

const filesOf = (command: readonly string[]) =>
  command.filter((part) => part.startsWith('/') && !part.startsWith('/usr/') && existsSync(part));

const groupOf = ({ run }: Places) => basename(run);

/** Behind a shell and a sandbox a missing program would be an exit code only. */
function requireProgram([program]: readonly string[]): void {
  if (program?.startsWith('/') && !existsSync(program)) {
    throw new HostError('stop', 'the media command cannot be started (ENOENT)');
  }
}
