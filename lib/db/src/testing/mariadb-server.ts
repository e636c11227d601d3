import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';

const programs = ['mariadbd', 'mariadb-install-db', 'mariadb'];
const absent = programs.find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).error);

/** Undefined where tests with MariaDB can run; otherwise the line that says why not. */
export const mariadbMissing = absent && `skipped: there is no ${absent} on this machine`;

/** A real MariaDB of the tests' own, on a Unix socket and nothing else, with its data in a temporary folder. */
export interface MariaDbServer {
  readonly socket: string;
  /** As a user who may do everything. */
  readonly adminUrl: string;
  /** Ends it: `SIGKILL` as a crash, `SIGSTOP` as one that hangs, `SIGCONT` to let that go on. */
  signal(name: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void>;
  /** Starts it again on the same data. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Starts one and resolves when it takes connections. Commits are not flushed: only the machine's crash loses them. */
export async function startMariaDb(...settings: string[]): Promise<MariaDbServer> {
  const folder = mkdtempSync(join(memoryFolder(), 'ptsdly-mariadb-'));
  const [data, socket] = [join(folder, 'data'), join(folder, 'db.sock')];
  const user = process.getuid?.() === 0 ? ['--user=root'] : [];
  const made = spawnSync('mariadb-install-db', ['--no-defaults', ...user, `--datadir=${data}`, ...INSTALL]);
  if (made.status !== 0) throw new Error(`mariadb-install-db: ${made.stderr} ${made.stdout}`);
  let child: ChildProcess | undefined;
  const server: MariaDbServer = {
    socket,
    adminUrl: `mysql://tester:tester@localhost/?socket=${encodeURIComponent(socket)}`,
    async start() {
      const place = [
        `--datadir=${data}`,
        `--socket=${socket}`,
        `--pid-file=${folder}/pid`,
        `--tmpdir=${folder}`,
      ];
      const args = ['--no-defaults', ...user, ...place, ...RUN, ...settings];
      child = spawn('mariadbd', args, { stdio: ['ignore', 'ignore', 'pipe'] });
      await readyLine(child);
    },
    async signal(name) {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const ends = name === 'SIGTERM' || name === 'SIGKILL';
      const exit = ends ? once(child, 'exit') : undefined;
      child.kill(name);
      await exit;
      while (name === 'SIGSTOP' && !isStopped(child.pid)) await sleep(1); // until then a thread may still answer
    },
    async close() {
      await server.signal('SIGCONT');
      await server.signal('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await server.start();
  await nameAdmin(socket);
  return server;
}

/** All its threads: the third field of `/proc/<pid>/task/<tid>/stat` (proc(5)). */
const isStopped = (pid: number | undefined) =>
  readdirSync(`/proc/${pid}/task`).every((thread) =>
    /^\d+ \(.*\) T/.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')),
  );

const INSTALL = [
  '--auth-root-authentication-method=normal',
  '--skip-test-db',
  '--skip-log-bin',
  '--innodb-log-file-size=16M',
];
const RUN = [
  ...['--skip-networking', '--skip-log-bin', '--skip-name-resolve', '--max-connections=500'],
  ...['--innodb-log-file-size=16M', '--innodb-buffer-pool-size=64M', '--innodb-flush-log-at-trx-commit=0'],
  ...['--innodb-doublewrite=0', '--performance-schema=OFF', '--innodb-flush-method=nosync'],
];

async function nameAdmin(socketPath: string): Promise<void> {
  const connection = await createConnection({ socketPath, user: 'root' });
  await connection.query(`create user tester@'%' identified by 'tester'`);
  await connection.query("grant all on *.* to tester@'%' with grant option");
  await connection.end();
}

/** A folder in memory where there is one with room: making a schema is a hundred small files. */
function memoryFolder(): string {
  try {
    accessSync('/dev/shm', constants.W_OK);
    const { bavail, bsize } = statfsSync('/dev/shm');
    return bavail * bsize > 2 ** 31 ? '/dev/shm' : tmpdir();
  } catch {
    return tmpdir();
  }
}

async function readyLine(child: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const said: string[] = [];
  createInterface({ input: child.stderr as NonNullable<typeof child.stderr> }).on('line', (line) => {
    said.push(line);
    if (/ready for connections/i.test(line)) resolve();
  });
  child.once('exit', () => reject(new Error(`mariadbd ended: ${said.slice(-5).join(' ')}`)));
  await promise;
}
