import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { encoderNames } from '@ptsdly/transcoder';
import { z } from 'zod';
import { issuers } from './issuers.ts';

/** The services that `ptsdly` can run, in the order in which they open. Media servers are made by a host. */
export const serviceNames = ['identity', 'links', 'subscriptions', 'web', 'gateway'] as const;
export type ServiceName = (typeof serviceNames)[number];

const port = z.coerce.number().int().min(0).max(65535);
const address = z.string().regex(/^(https?:\/\/[^/]+|unix:\/.+)$/, 'expected http://host:port or unix:/path');
const database = z
  .string()
  .regex(
    /^(sqlite:.+|(mysql|mariadb):\/\/[^/]*\/[\w$-]+(\?.*)?)$/,
    'expected sqlite:path or mysql://user:password@host/schema',
  );
const secret = z.string().min(32, 'at least 32 characters');
const filled = z.string().min(1).optional();

const list = z
  .string()
  .transform((text) => text.split(',').map((entry) => entry.trim()))
  .pipe(z.array(z.string().min(1)).max(100));
const networks = list.refine(
  (entries) => entries.every((entry) => isIP(entry.replace(/\/\d{1,3}$/, '')) !== 0),
  'expected addresses or networks such as 10.0.0.0/8',
);

/** One setting: its name in the environment, what it is for, and its form. The documents print this table. */
interface Setting<S extends z.ZodType> {
  readonly env: string;
  readonly about: string;
  readonly schema: S;
  readonly secret?: boolean;
}
const setting = <S extends z.ZodType>(
  env: string,
  about: string,
  schema: S,
  hidden?: 'secret',
): Setting<S> => ({
  env,
  about,
  schema,
  secret: hidden === 'secret',
});

export const settings = {
  port: setting('PORT', 'Port of the gateway', port.default(8080)),
  host: setting('PTSDLY_HOST', 'Address that the gateway listens on', z.string().default('127.0.0.1')),
  data: setting('PTSDLY_DATA', 'Folder of all data', z.string().default('./data')),
  url: setting(
    'PTSDLY_URL',
    'Public address, without a path; `http://localhost:<PORT>` where not given',
    z.url({ protocol: /^https?$/ }).optional(),
  ),
  log: setting(
    'PTSDLY_LOG',
    'Log level: `debug`, `info`, `warn`, `error` or `silent`',
    z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('warn'),
  ),
  hosts: setting(
    'PTSDLY_HOSTS',
    'Further names under which the gateway answers, with commas between them',
    list.optional(),
  ),
  tlsCert: setting(
    'PTSDLY_TLS_CERT',
    'File with the certificate and its chain (PEM), for https without a proxy; read again when it changes',
    filled,
  ),
  tlsKey: setting('PTSDLY_TLS_KEY', 'File with the key of that certificate (PEM)', filled),
  acme: setting(
    'PTSDLY_ACME',
    'Directory of a certificate authority that gives certificates by itself (ACME), such as `https://acme-v02.api.letsencrypt.org/directory`; setting it accepts its terms',
    z.url({ protocol: /^https$/ }).optional(),
  ),
  acmeEmail: setting('PTSDLY_ACME_EMAIL', 'Where that authority may write to', z.email().optional()),
  httpPort: setting(
    'PTSDLY_HTTP_PORT',
    'Port of plain HTTP beside https, which leads there and answers the authority; `80` with `PTSDLY_ACME`, else none where not given',
    port.optional(),
  ),
  trustedProxies: setting(
    'PTSDLY_TRUSTED_PROXIES',
    'Addresses or networks of proxies before the gateway, with commas between them',
    networks.optional(),
  ),
  monitor: setting(
    'PTSDLY_MONITOR',
    'Where a monitor finds `/<service>/metrics`, `/healthz` and `/readyz` of this process, `http://host:port`; nowhere where not given',
    z
      .string()
      .regex(/^http:\/\/[^/]+:\d+$/, 'expected http://host:port')
      .optional(),
  ),
  drain: setting(
    'PTSDLY_DRAIN',
    'Seconds for which a process that is told to stop goes on serving, so that others can turn elsewhere; `0` in one process, else `2` where not given',
    z.coerce.number().min(0).max(300).optional(),
  ),
  rateFactor: setting(
    'PTSDLY_RATE_FACTOR',
    'Scales the rate limits; `0` switches them off',
    z.coerce.number().min(0).max(1000).default(1),
  ),
  rateStore: setting(
    'PTSDLY_RATE_STORE',
    'Where rate limits are counted for several gateways or identities: `redis://host:port/db`; in memory where not given',
    z.url({ protocol: /^rediss?$/ }).optional(),
  ),
  offload: setting(
    'PTSDLY_OFFLOAD',
    'Who reads pieces of files of media servers on this machine: `on` for the gateway, `off` for the media server alone, or `nginx:/objects/` for an nginx before the gateway (docs/nginx.md)',
    z
      .string()
      .regex(/^(on|off|nginx:\/([\w-]+\/)+)$/, 'expected on, off or nginx:/location/')
      .default('on'),
  ),
  identityUrl: setting(
    'PTSDLY_IDENTITY_URL',
    'Where identity is, or listens, when it runs apart',
    address.optional(),
  ),
  linksUrl: setting('PTSDLY_LINKS_URL', 'Where links is, or listens, when it runs apart', address.optional()),
  subscriptionsUrl: setting(
    'PTSDLY_SUBSCRIPTIONS_URL',
    'Where subscriptions is, or listens, when it runs apart',
    address.optional(),
  ),
  webUrl: setting('PTSDLY_WEB_URL', 'Where web is, or listens, when it runs apart', address.optional()),
  identityDatabase: setting(
    'PTSDLY_IDENTITY_DATABASE',
    'Database of identity, `sqlite:` or `mysql:` (MariaDB); `sqlite:<data>/identity.db` where not given',
    database.optional(),
  ),
  subscriptionsDatabase: setting(
    'PTSDLY_SUBSCRIPTIONS_DATABASE',
    'Database of subscriptions, likewise; `sqlite:<data>/subscriptions.db` where not given',
    database.optional(),
  ),
  linksStore: setting(
    'PTSDLY_LINKS_STORE',
    'Key-value store of links, `lmdb:` or `redis:`; `lmdb:<data>/links` where not given',
    z.string().optional(),
  ),
  countryDatabase: setting(
    'PTSDLY_COUNTRY_DATABASE',
    'MaxMind database (`.mmdb`) that tells the country of a viewer in statistics; none is known without it',
    z.string().optional(),
  ),
  webhooksToPrivate: setting(
    'PTSDLY_WEBHOOKS_TO_PRIVATE',
    'Let webhooks reach addresses that are not public: `yes` or `no`',
    z.enum(['yes', 'no']).default('no'),
  ),
  serverHost: setting(
    'PTSDLY_SERVER_HOST',
    'Where media servers are made; `process:<data>/servers` where not given',
    z.string().optional(),
  ),
  controlUrl: setting(
    'PTSDLY_CONTROL_URL',
    'Where media servers on other machines reach subscriptions, `http://host:port`; it listens at that port',
    z.url({ protocol: /^http$/, error: 'expected http://host:port' }).optional(),
  ),
  nodesEngine: setting(
    'PTSDLY_NODES_ENGINE',
    'Docker engine of a Swarm manager, for `ptsdly nodes`; `/var/run/docker.sock` where not given',
    z.string().startsWith('/').default('/var/run/docker.sock'),
  ),
  scalingGroup: setting(
    'PTSDLY_SCALING_GROUP',
    'EC2 Auto Scaling group of the workers, for `ptsdly nodes`; its machines are emptied before they go',
    filled,
  ),
  cloudKey: setting(
    'PTSDLY_CLOUD_KEY',
    'Key of the AWS account in which `ec2:` makes servers, `<id>:<secret>`; the rights of the machine where not given',
    z
      .string()
      .regex(/^[^:\s]+:\S+$/, 'expected id:secret')
      .optional(),
    'secret',
  ),
  serverDatabase: setting(
    'PTSDLY_SERVER_DATABASE',
    'MariaDB in which each new media server gets a schema and a user of its own, `mysql://admin:password@host/`; a file where not given',
    z
      .string()
      .regex(/^(mysql|mariadb):\/\/[^/]+\/(\?.*)?$/, 'expected mysql://admin:password@host/')
      .optional(),
  ),
  plans: setting(
    'PTSDLY_PLANS',
    'File of the plans on offer (JSON); three usual ones where not given',
    filled,
  ),
  payments: setting(
    'PTSDLY_PAYMENTS',
    'Who charges: `none:` (nothing is charged), `stripe:`, or `portone:<store>?card=<channel key>&kakaopay=<channel key>`',
    z
      .string()
      .regex(/^(none|stripe|portone):/, 'expected none:, stripe: or portone:')
      .default('none:'),
  ),
  paymentsKey: setting('PTSDLY_PAYMENTS_KEY', "Secret of the payment provider's API", filled, 'secret'),
  paymentsWebhookSecret: setting(
    'PTSDLY_PAYMENTS_WEBHOOK_SECRET',
    "Secret of the payment provider's webhooks",
    filled,
    'secret',
  ),
  sleepAfter: setting(
    'PTSDLY_SLEEP_AFTER',
    'Seconds without use after which a media server sleeps; `0`: never',
    z.coerce.number().min(0).max(604_800).default(300),
  ),
  storage: setting(
    'PTSDLY_STORAGE',
    'Where videos of new servers lie: `s3://<bucket>[/<prefix>][?endpoint=<url>&region=<region>&role=<ARN>]`, with a role for keys of every server of its own (docs/security.md); on the disk where not given',
    z
      .url({ protocol: /^s3$/, error: 'expected s3://bucket/prefix?endpoint=https://host&region=name' })
      .refine((text) => !/^s3:\/\/[^/?]*@/.test(text), 'keys have settings of their own')
      .optional(),
  ),
  storageKey: setting(
    'PTSDLY_STORAGE_KEY',
    'Key of that storage, `<id>:<secret>`; the rights of the machine (AWS) where not given',
    z
      .string()
      .regex(/^[^:\s]+:\S+$/, 'expected id:secret')
      .optional(),
    'secret',
  ),
  transcodeSlots: setting(
    'PTSDLY_TRANSCODE_SLOTS',
    'Transcodes at once on this machine; one less than its processors where not given, `0` switches them off',
    z.coerce.number().int().min(0).max(256).optional(),
  ),
  ffmpeg: setting(
    'PTSDLY_FFMPEG',
    'The ffmpeg command; ffprobe is looked for beside it',
    z.string().min(1).default('ffmpeg'),
  ),
  encoder: setting(
    'PTSDLY_FFMPEG_ENCODER',
    'Video encoder: `libx264`, or the hardware of `vaapi`, `nvenc` or `qsv`',
    z.enum(encoderNames).default('libx264'),
  ),
  serviceKey: setting(
    'PTSDLY_SERVICE_KEY',
    'Secret that the services share; made in `<data>/secrets` where not given',
    secret.optional(),
    'secret',
  ),
  authSecret: setting(
    'PTSDLY_AUTH_SECRET',
    'Secret of sessions; made in `<data>/secrets` where not given',
    secret.optional(),
    'secret',
  ),
  smtp: setting(
    'PTSDLY_SMTP_URL',
    'Mail server, `smtp://user:password@host:port` or `smtps:`; without one letters wait in `ptsdly identity mails`',
    z.url({ protocol: /^smtps?$/ }).optional(),
    'secret',
  ),
  mailFrom: setting(
    'PTSDLY_MAIL_FROM',
    'Sender of letters',
    z.string().min(3).max(200).default('PTSD.ly <no-reply@localhost>'),
  ),
  breachedPasswords: setting(
    'PTSDLY_BREACHED_PASSWORDS_URL',
    'Range API of breached passwords, such as `https://api.pwnedpasswords.com`; five digits of a hash are sent there',
    z.url({ protocol: /^https?$/ }).optional(),
  ),
  googleId: setting('PTSDLY_GOOGLE_CLIENT_ID', 'Client id of Google sign-in', filled),
  googleSecret: setting('PTSDLY_GOOGLE_CLIENT_SECRET', 'Client secret of Google sign-in', filled, 'secret'),
  kakaoId: setting('PTSDLY_KAKAO_CLIENT_ID', 'REST API key of Kakao sign-in', filled),
  kakaoSecret: setting(
    'PTSDLY_KAKAO_CLIENT_SECRET',
    'Client secret of Kakao sign-in, where it is switched on',
    filled,
    'secret',
  ),
  kakaoAdminKey: setting(
    'PTSDLY_KAKAO_ADMIN_KEY',
    'Primary admin key of the Kakao app: its unlink webhook (`POST /api/auth/kakao/unlink`) is heeded',
    filled,
    'secret',
  ),
  kakaoOpenId: setting(
    'PTSDLY_KAKAO_OPENID',
    'Whether OpenID Connect is switched on in the Kakao console: `on` or `off`',
    z.enum(['on', 'off']).default('on'),
  ),
  googleIssuer: setting(
    'PTSDLY_GOOGLE_ISSUER',
    'Another issuer in the place of Google, for tests',
    z.url().optional(),
  ),
  kakaoIssuer: setting(
    'PTSDLY_KAKAO_ISSUER',
    'Another issuer in the place of Kakao, for tests',
    z.url().optional(),
  ),
  kakaoApi: setting('PTSDLY_KAKAO_API', 'Another address of the Kakao API, for tests', z.url().optional()),
  oidc: setting(
    'PTSDLY_OIDC',
    'Further OpenID Connect issuers, JSON: `[{"id","name","issuer","clientId","clientSecret"}]`',
    issuers.optional(),
    'secret',
  ),
} as const;

type Values = { readonly [K in keyof typeof settings]: z.output<(typeof settings)[K]['schema']> };

/** The whole configuration: read once, validated whole, frozen. */
export type Config = Readonly<
  Omit<
    Values,
    'url' | 'identityDatabase' | 'subscriptionsDatabase' | 'linksStore' | 'serverHost' | 'drain'
  > & {
    readonly services: readonly ServiceName[];
    readonly url: string;
    readonly identityDatabase: string;
    readonly subscriptionsDatabase: string;
    readonly linksStore: string;
    readonly serverHost: string;
    readonly drain: number;
    /** Private folder with a short path, for Unix sockets. */
    readonly runFolder: string;
  }
>;

/** A configuration that cannot be: one line a fault, for people. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Reads the environment. Throws ConfigError naming every setting that is wrong. */
export function readConfig(services: readonly ServiceName[], env: NodeJS.ProcessEnv = process.env): Config {
  const values: Record<string, unknown> = {};
  const faults: string[] = [];
  for (const [name, { env: variable, schema }] of Object.entries(settings)) {
    const raw = env[variable]?.trim();
    const result = schema.safeParse(raw === '' ? undefined : raw);
    if (result.success) values[name] = result.data;
    else faults.push(`${variable}: ${result.error.issues.map((issue) => issue.message).join('; ')}`);
  }
  if (faults.length > 0) throw new ConfigError(faults.join('\n'));
  const given = values as Values;
  const wrong = tlsFault(given);
  if (wrong) throw new ConfigError(wrong);
  const data = resolve(given.data);
  return Object.freeze({
    ...given,
    services,
    data,
    url: (given.url ?? `${given.tlsCert ? 'https' : 'http'}://localhost:${given.port}`).replace(/\/+$/, ''),
    identityDatabase: given.identityDatabase ?? `sqlite:${join(data, 'identity.db')}`,
    subscriptionsDatabase: given.subscriptionsDatabase ?? `sqlite:${join(data, 'subscriptions.db')}`,
    linksStore: given.linksStore ?? `lmdb:${join(data, 'links')}`,
    serverHost: given.serverHost ?? `process:${join(data, 'servers')}`,
    httpPort: given.httpPort ?? (given.acme ? 80 : undefined),
    drain: given.drain ?? (isWhole(services) ? 0 : 2),
    runFolder: join(tmpdir(), `ptsdly-${createHash('sha256').update(data).digest('hex').slice(0, 10)}`),
  });
}

/** What does not fit together, in a line. */
function tlsFault({ tlsCert, tlsKey, acme, url }: Values): string | undefined {
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    return 'PTSDLY_TLS_CERT and PTSDLY_TLS_KEY belong together';
  if (tlsCert && acme) return 'PTSDLY_ACME: there is a certificate already (PTSDLY_TLS_CERT)';
  if (acme && !url?.startsWith('https:')) return 'PTSDLY_ACME: PTSDLY_URL must be the https address';
  if (tlsCert && url?.startsWith('http:')) return 'PTSDLY_TLS_CERT: PTSDLY_URL must be an https address';
  return undefined;
}

/** All services in one process: there is no other to turn to. */
export const isWhole = (services: readonly ServiceName[]) => services.length === serviceNames.length;

/** What the commands of a subscriber find in the environment; they have no configuration beside it. */
export function readClientEnvironment(env: NodeJS.ProcessEnv = process.env) {
  const state = env.XDG_STATE_HOME || join(homedir(), '.local', 'state');
  return {
    server: env.PTSDLY_URL || undefined,
    token: env.PTSDLY_TOKEN || undefined,
    /** Where uploads that were interrupted are noted, and who is signed in. */
    stateFolder: join(state, 'ptsdly'),
  };
}
