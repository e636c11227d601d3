import { z } from 'zod';
import { bytes, id } from './fields.ts';

/**
 * The configuration that a host writes for one media server, as `config.json` (mode 0600) in the server's own
 * folder; the path of the file is the last argument of the media command. The child serves `socketPath`,
 * answers `GET /healthz` there with `{serverId, generation}`, speaks to its host only at `controlAddress`
 * (`controlApi`), and ends by itself when its host is gone: for `hostlessSeconds` nobody listens at `controlAddress`,
 * or without that setting its standard input closes.
 *
 * On another machine it is the same, but for three things: it serves `listen` (TCP), where two of the same server may
 * overlap and the second stands by until the first has left their folder; it shows `controlToken` at a
 * `controlAddress` of `http:`; and it lives until SIGTERM, however long its host is away.
 */
export const mediaConfig = z.object({
  serverId: id,
  ownerId: id,
  /** Grows by one with every configuration; `/healthz` answers it, so the host knows which one runs. */
  generation: z.int().positive(),
  slug: id,
  /** `/m/<slug>`: the prefix of every path that the server answers, but for `/healthz`. */
  basePath: z.string().startsWith('/m/'),
  /** The server's own folder, absolute; everything it keeps lies below. */
  folder: z.string().min(1),
  /** `sqlite:<folder>/media.db`. */
  databaseUrl: z.string().min(1),
  /** Where objects belong: `file:<folder>/objects`, or `s3://<bucket>/<prefix>?endpoint=<url>&region=<region>&owner=<account>`. */
  storageUrl: z.string().min(1),
  /** Where they may still lie since the server moved; from there they come over by themselves. */
  formerStorageUrl: z.string().min(1).optional(),
  /** Of the remote one of these; without them the machine's own are looked for. Never logged. */
  storageKeys: z
    .object({
      accessKeyId: z.string().min(1),
      secretAccessKey: z.string().min(1),
      sessionToken: z.string().min(1).optional(),
    })
    .optional(),
  /** A Unix socket that leads to the remote one of these and nowhere else, for a server without network. */
  storageSocket: z.string().min(1).optional(),
  /** Its host lends it keys for the remote one, for a while each (`controlApi.storageKeys`). */
  lentKeys: z.boolean().optional(),
  /** Where it listens: a Unix socket, at most 107 bytes. */
  socketPath: z.string().min(1).optional(),
  /** Where it listens when its host is not on its machine; one of the two is given. */
  listen: z.object({ host: z.string().min(1), port: z.int().min(0).max(65535) }).optional(),
  /** `unix:<path>` of its control socket, or `http://<host>:<port>` of the control API for servers elsewhere. */
  controlAddress: z.string().min(1),
  /** Proves at the latter which server calls (`Authorization: Bearer`). Never logged. */
  controlToken: z.string().min(1).optional(),
  /** It runs ffmpeg by itself, because nobody does it on its machine; absent: its host does. */
  transcoder: z.object({ slots: z.int().min(1).max(256).optional() }).optional(),
  quotaBytes: bytes,
  /** Absolute origin of the public URL, where one is configured; without it URLs stay relative. */
  publicUrl: z.string().optional(),
  /** Seconds without a request, an upload or a job after which it asks its host to sleep; 0 or absent: never. */
  idleSeconds: z.number().nonnegative().optional(),
  /** Seconds that it goes on without its host; then it drains and ends. Absent: its standard input is its host. */
  hostlessSeconds: z.number().positive().optional(),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']),
});
export type MediaConfig = z.infer<typeof mediaConfig>;

/** What a media server answers to `GET /healthz`. */
export const mediaHealth = z.object({ serverId: z.string(), generation: z.int() });
export type MediaHealth = z.infer<typeof mediaHealth>;

/** Keys of a storage that a host lends one of its servers. Never logged. */
export const lentKeys = z.object({
  accessKeyId: z.string().min(1),
  secretAccessKey: z.string().min(1),
  sessionToken: z.string().min(1),
  expiresAt: z.iso.datetime(),
});
export type LentKeys = z.infer<typeof lentKeys>;
