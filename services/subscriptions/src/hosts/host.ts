import type { Fetch, LentKeys, MediaConfig, StoragePlace } from '@ptsdly/contract';
import type { Logger, Service } from '@ptsdly/kit';

/** What a host is asked to run. The same generation always means the same content. */
export interface ServerSpec {
  readonly serverId: string;
  readonly ownerId: string;
  readonly generation: number;
  readonly slug: string;
  readonly quotaBytes: number;
  /** Where its objects belong; `local` where not given. */
  readonly storage?: StoragePlace;
  /** Where its database is; where not given, a file that is there goes on, and otherwise the host decides. */
  readonly database?: DatabasePlace | undefined;
}

/** `file`: beside what else the server has; `schema`: one of its own in `HostOptions.databases`. */
export type DatabasePlace = 'file' | 'schema';

/** Storage that is not the host's own disk: one for the installation, with a prefix for each server. */
export interface RemoteStorage {
  /** `s3://<bucket>[/<prefix>][?endpoint=<url>&region=<region>&role=<ARN>&sts=<url>]`. */
  readonly url: string;
  readonly keys?: MediaConfig['storageKeys'];
}

/**
 * `stopped`: its data is here, but it needs `ensure` to run. `asleep`: stopped by `sleep`; `wake` is enough.
 * `failed`: it does not come up; the host goes on trying.
 */
export type HostState = 'stopped' | 'asleep' | 'starting' | 'ready' | 'failed';

export interface Observed {
  readonly serverId: string;
  /** Of the configuration that it runs or ran last; 0 when that cannot be told. */
  readonly generation: number;
  readonly state: HostState;
  /**
   * `unix:/path` or `http://host:port` where it answers, by a name that is looked up anew where it may move. Null
   * unless it is `ready`, or `starting` while the one that it replaces still answers.
   */
  readonly address: string | null;
  /** Folder of its objects, where all of them lie as plain files on the machine of this host. */
  readonly objects?: string;
  /** Why it is `failed`, in words for its owner. */
  readonly detail: string | null;
}

/**
 * Creates, watches and ends media servers somewhere. Every call is idempotent by server id and generation,
 * returns when the work is under way rather than done, and may be repeated after any crash. Calls for one
 * server run one after the other. They reject with a `HostError`.
 */
export interface Host {
  /**
   * Makes the server run as the spec says: creates it, or replaces one of another generation, keeping its data.
   * A spec of a generation below the one at work is refused (`stop`): its sender is out of date.
   */
  ensure(spec: ServerSpec): Promise<void>;
  /** What is there now; null when the host knows nothing of it, not even data. */
  observe(serverId: string): Promise<Observed | null>;
  /** Stops it and keeps its data. Resolves when it has stopped. Nothing to do is success. */
  sleep(serverId: string): Promise<void>;
  /** Starts again what `sleep` stopped, as it was. Rejects (`retry`) where only `ensure` can help. */
  wake(serverId: string): Promise<void>;
  /** Stops it and removes all its data, for ever. Resolves when it is gone. Nothing to do is success. */
  destroy(serverId: string): Promise<void>;
  /** Everything that is there, known to anybody or not: one call for all servers. */
  list(): Promise<Observed[]>;
  /** Ends what lives with this process; a host of child processes stops them. Bounded in time. */
  close(): Promise<void>;
  /** What servers fetch that start on machines of their own. */
  readonly boot?: Boot;
}

export interface KeyLender {
  /** Rights on the storage of one server, for a while. */
  lendKeys(serverId: string): Promise<LentKeys>;
}

/** The side of a host that its servers call. */
export interface Boot extends KeyLender {
  /** Paths below `/boot/`; `caller`: the server whose token came with the request. */
  fetch(request: Request, caller: string | undefined): Promise<Response>;
  /** Ends open waits. */
  close(): void;
}

/** What a driver must remember of a server and nobody else can tell it, kept where all control planes see it. */
export interface HostNotes {
  read(serverId: string): Promise<HostNote | undefined>;
  /** Replaces the note of that version (0: there is none). False when it is no longer the newest. */
  write(serverId: string, content: string, version: number): Promise<boolean>;
  list(): Promise<HostNote[]>;
}

export interface HostNote {
  readonly serverId: string;
  readonly version: number;
  readonly content: string;
}

/** `retry`: may pass by itself. `capacity`: there is no room now. `stop`: trying again cannot help. */
export type HostErrorKind = 'retry' | 'capacity' | 'stop';

export class HostError extends Error {
  override readonly name = 'HostError';
  readonly kind: HostErrorKind;

  constructor(kind: HostErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }

  /** Whatever was thrown, as a HostError; the unknown may pass by itself. */
  static from(thrown: unknown): HostError {
    if (thrown instanceof HostError) return thrown;
    return new HostError('retry', thrown instanceof Error ? thrown.message : String(thrown), {
      cause: thrown,
    });
  }
}

/** Databases that are not files, one for each server, with a user of its own. */
export interface ServerDatabases {
  /** Its URL, with a password in it; made where it is not there yet. */
  urlOf(serverId: string): Promise<string>;
  /** Nothing to do is success. */
  drop(serverId: string): Promise<void>;
}

export interface HostOptions {
  /** Private folder with a short path, for sockets. */
  readonly runFolder: string;
  /** argv that starts a media server; the path of its configuration is appended. */
  readonly mediaCommand: readonly string[];
  /** Files and folders of the media program, which a sandbox lets it read; those that its command names where not given. */
  readonly mediaReads?: readonly string[];
  /** Of the media program: servers of another one that were left running are renewed one by one. */
  readonly release?: string;
  /** Seconds without a request after which a server asks to sleep; 0: never. */
  readonly idleSeconds?: number;
  /** Seconds that a server goes on without its host; then it ends. */
  readonly hostlessSeconds?: number;
  /** Environment of media servers; nothing is inherited. */
  readonly mediaEnv: Readonly<Record<string, string>>;
  /** Absolute origin of media URLs, where they have one of their own. */
  readonly mediaOrigin?: string | undefined;
  readonly remoteStorage?: RemoteStorage | undefined;
  /** Where new servers have their database; a file in their folder where not given. */
  readonly databases?: ServerDatabases | undefined;
  /** Of the account where servers are made; those of this machine where not given. */
  readonly cloudKeys?: RemoteStorage['keys'];
  readonly notes?: HostNotes;
  /** What a server is offered on its control socket (`controlApi`). */
  readonly control: (server: ServedServer) => ControlService;
  /** For servers on other machines, which have no such socket; none where the installation has none. */
  readonly remoteControl?: RemoteControl | undefined;
  /** Says that the observed state of a server may have changed. Only a hurry: the sweep looks too. */
  readonly changed: (serverId: string) => void;
  readonly log: Logger;
}

/** The control API as servers on other machines reach it. */
export interface RemoteControl {
  /** `http://<host>:<port>`. */
  readonly address: string;
  /** What a server shows there; always the same for one server. A secret. */
  token(serverId: string): string;
}

/** The server behind a control socket. */
export interface ServedServer {
  readonly serverId: string;
  readonly ownerId: string;
  /** Its own folder, where that lies on the machine of its host. */
  readonly folder?: string;
}

export interface ControlService {
  readonly fetch: Fetch;
  /** What moves bytes, on raw `node:http`; answers false for what is for `fetch`. */
  readonly raw?: Service['raw'];
  /** Ends its open waits. */
  close(): void;
}
