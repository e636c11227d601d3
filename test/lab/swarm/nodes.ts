import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../../product.ts';
import { containersOf, docker, shell, works } from './docker.ts';

const LABEL = 'ly.ptsd.lab';
const EMPTY = 'ptsdly-lab-empty:1';
const START_MS = 60_000;

/** A machine of the swarm: a Docker engine in a container of its own. */
export interface Node {
  readonly name: string;
  /** Where its engine listens, as a path of this machine. */
  readonly socket: string;
  /** Its address on the network of the nodes. */
  readonly ip: string;
  /** The docker client, on this node. */
  docker(...args: string[]): Promise<string>;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
}

/** A real Swarm of several nodes on this machine. The first node is its manager. */
export interface Lab {
  readonly nodes: Node[];
  readonly manager: Node;
  /** On all nodes under this path, and here. */
  readonly folder: string;
  /** Of this machine, as containers of the nodes reach it. */
  readonly hostIp: string;
  add(name: string): Promise<Node>;
  close(): Promise<void>;
}

/**
 * Starts the nodes; about two seconds each. They share the programs of this machine, are not privileged, and there is
 * no IPVS, so services are found by DNS (`dnsrr`) and ports are published in host mode.
 */
export async function openLab(...names: string[]): Promise<Lab> {
  const id = `ptsdly-lab-${process.pid}`;
  const folder = await mkdtemp(join(tmpdir(), 'ptsdly-lab-'));
  await shell('chmod', '755', folder);
  if (!(await works('docker', 'image', 'inspect', EMPTY))) {
    await shell('sh', '-c', `tar -cf - -T /dev/null | docker import - ${EMPTY}`);
  }
  await docker('network', 'create', '--label', `${LABEL}=${id}`, id);
  const nodes: Node[] = [];
  const close = async () => {
    for (const name of await containersOf(`${LABEL}=${id}`)) await docker('rm', '-f', '-v', name);
    await docker('network', 'rm', id);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const hostIp = await docker('network', 'inspect', '-f', '{{(index .IPAM.Config 0).Gateway}}', id);
    const add = async (name: string) => {
      const node = await startNode(id, `${id}-${name}`, folder);
      const [manager] = nodes;
      if (!manager) await node.docker('swarm', 'init', '--advertise-addr', node.ip);
      else {
        const token = await manager.docker('swarm', 'join-token', '-q', 'worker');
        await node.docker('swarm', 'join', '--token', token, `${manager.ip}:2377`);
      }
      nodes.push(node);
      return node;
    };
    for (const name of names) await add(name);
    return { nodes, folder, hostIp, add, close, manager: nodes[0] as Node };
  } catch (error) {
    await close();
    throw error;
  }
}

const SHARED = ['/usr', '/lib', '/lib64', '/bin', '/sbin', '/etc/ssl', '/etc/alternatives'];

async function startNode(id: string, name: string, folder: string): Promise<Node> {
  const capabilities = ['SYS_ADMIN', 'SYS_PTRACE', 'NET_ADMIN', 'NET_RAW', 'MKNOD'].flatMap((cap) => [
    '--cap-add',
    cap,
  ]);
  const open = ['seccomp=unconfined', 'systempaths=unconfined'].flatMap((what) => ['--security-opt', what]);
  const read = [...SHARED, root.replace(/\/$/, '')].flatMap((path) => ['-v', `${path}:${path}:ro`]);
  const write = [
    '-v',
    `${folder}:${folder}`,
    '-v',
    '/sys/fs/cgroup:/sys/fs/cgroup:rw',
    '-v',
    '/var/lib/docker',
  ];
  const memory = ['/run', '/tmp:exec', '/etc/docker'].flatMap((path) => ['--tmpfs', path]);
  const path = '/run/docker.sock';
  const socket = `unix://${path}`;
  await docker(
    ...['run', '-d', '--name', name, '--hostname', name, '--label', `${LABEL}=${id}`, '--network', id],
    // A folder in the nodes' /tmp would be hidden by their own.
    ...[...capabilities, ...open, ...read, ...memory, ...write, EMPTY],
    ...['/usr/sbin/dockerd', '--data-root', '/var/lib/docker', '-H', socket, `--cgroup-parent=/${name}`],
  );
  const inside = (...args: string[]) => docker('exec', '-i', name, '/usr/bin/docker', '-H', socket, ...args);
  const deadline = Date.now() + START_MS;
  while (!(await works('docker', 'exec', name, '/usr/bin/docker', '-H', socket, 'version'))) {
    if (Date.now() > deadline) throw new Error(`${name} does not start: ${await docker('logs', name)}`);
    await sleep(200);
  }
  const pid = await docker('inspect', '-f', '{{.State.Pid}}', name);
  const ip = await docker('inspect', '-f', `{{(index .NetworkSettings.Networks "${id}").IPAddress}}`, name);
  return {
    ...{ name, ip, docker: inside, socket: join('/proc', pid, 'root', path) },
    kill: async () => void (await docker('kill', '-s', 'KILL', name)),
  };
}
