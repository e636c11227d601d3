import { z } from 'zod';

const bytes = z.string().transform((text, context) => {
  const [, number = '', unit = ''] = /^(\d+)([kmg]?)$/i.exec(text) ?? [];
  if (number === '') context.addIssue('expected bytes, such as 512m or 2g');
  return Number(number) * 1024 ** ['', 'k', 'm', 'g'].indexOf(unit.toLowerCase());
});

const query = z.strictObject({
  /** Of the media server, and of everything that it needs; its entry point takes `media <config.json>`. */
  image: z.string().min(1),
  /** An overlay network to which the gateway and the control plane belong too. */
  network: z.string().min(1),
  /** A folder that every node has under the same path, the control plane too: one folder below it a server. */
  data: z.string().startsWith('/', 'expected an absolute path'),
  /** Marks what belongs to this installation, and begins the names of its services. */
  prefix: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,15}$/)
    .default('ptsdly'),
  /** Processors that a server may use at most. */
  cpus: z.coerce.number().min(0.05).max(64).default(1),
  /** Bytes of memory that a server may use at most. */
  memory: bytes.prefault('1g'),
  /** Bytes of memory that a node must have free for it. */
  reserve: bytes.prefault('96m'),
  /** Processes and threads. */
  pids: z.coerce.number().int().min(32).max(10_000).default(512),
  /** Transcodes at once in a server; `0`: none. */
  transcodes: z.coerce.number().int().min(0).max(64).default(1),
  /** Placement constraints of Swarm, with commas between them. */
  constraints: z
    .string()
    .transform((text) => text.split(','))
    .prefault('node.platform.os==linux'),
  /** Seconds that a server may take until it is well. */
  startSeconds: z.coerce.number().int().min(1).max(300).default(20),
});

export type SwarmSettings = Readonly<z.output<typeof query>> & {
  /** Where the engine of a manager node listens: a socket's path, or `http://host:port`. */
  readonly engine: string;
};

const ENGINE = '/var/run/docker.sock';

/** Reads what stands behind `swarm:`: `[<socket>|<http://host:port>]?image=…&network=…&data=…`. Throws one plain sentence. */
export function readSwarmSettings(location: string): SwarmSettings {
  const mark = location.indexOf('?');
  const engine = mark === -1 ? location : location.slice(0, mark);
  const given = Object.fromEntries(new URLSearchParams(mark === -1 ? '' : location.slice(mark + 1)));
  const result = query.safeParse(given);
  const [issue] = result.error?.issues ?? [];
  if (!result.success) {
    throw new Error(`swarm: ${issue?.path.join('.') || 'settings'}: ${issue?.message}`);
  }
  return { ...result.data, engine: engine || ENGINE };
}
