import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { HostError } from '../host.ts';

/** `sun_path` of unix(7) has 108 bytes, the last of which is a zero. */
const SOCKET_PATH_BYTES = 107;
const SHORT_ID = 12;
const LONGEST_NAME = `/${'x'.repeat(SHORT_ID)}/host/control.sock`.length;

/** Where one server lives: its own folder, two sockets in folders of the run folder, and a note of its process. */
export interface Places {
  readonly folder: string;
  readonly config: string;
  readonly log: string;
  /** Not in the server's own folder: what it says is killed, so a media server must not write it. */
  readonly note: string;
  /** Everything of this server in the run folder. */
  readonly run: string;
  /** The media server listens here. */
  readonly socket: string;
  /** The host listens here, for this server alone. */
  readonly control: string;
  /** And here for what this server has to say to its remote storage. */
  readonly storage: string;
}

const SAFE_ID = /^[A-Za-z0-9-]{1,64}$/;

/** Throws `stop` for an id that is no name of a folder. */
export function placesOf(hostFolder: string, runFolder: string, serverId: string): Places {
  if (!SAFE_ID.test(serverId)) throw new HostError('stop', 'this server id cannot name a folder');
  const folder = join(resolve(hostFolder), serverId);
  const shortId = createHash('sha256').update(serverId).digest('hex').slice(0, SHORT_ID);
  const run = join(resolve(runFolder), shortId);
  return {
    folder,
    config: join(folder, 'config.json'),
    log: join(folder, 'media.log'),
    note: join(noteFolder(hostFolder), serverId),
    run,
    socket: join(run, 'own', 'media.sock'),
    control: join(run, 'host', 'control.sock'),
    storage: join(run, 'host', 'storage.sock'),
  };
}

/** Beside the servers; no server id begins with a dot. */
export const noteFolder = (hostFolder: string): string => join(resolve(hostFolder), '.pids');

export const isServerFolder = (name: string): boolean => SAFE_ID.test(name);

/**
 * Makes the run folder, private to this user. Throws one plain sentence when its path leaves no room for the
 * names of sockets or it belongs to somebody else.
 */
export function prepareRunFolder(runFolder: string): void {
  const path = resolve(runFolder);
  const room = SOCKET_PATH_BYTES - LONGEST_NAME;
  const length = Buffer.byteLength(path);
  if (length > room) {
    throw new Error(
      `the run folder ${path} is too long for Unix sockets: ${length} bytes, at most ${room}; choose a shorter one`,
    );
  }
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const owner = statSync(path).uid;
  if (owner !== process.getuid?.()) throw new Error(`the run folder ${path} belongs to another user`);
  chmodSync(path, 0o700);
}
