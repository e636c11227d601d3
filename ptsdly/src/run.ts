import { lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openGateway, openTls, type Tls } from '@ptsdly/gateway';
import { openIdentity, type Providers } from '@ptsdly/identity';
import {
  type Address,
  createLog,
  createServerTokens,
  createServiceTokens,
  LineBuffer,
  type Listener,
  type ListenOptions,
  type Logger,
  listen,
  type Service,
} from '@ptsdly/kit';
import { openLinks } from '@ptsdly/links';
import { openSubscriptions } from '@ptsdly/subscriptions';
import { openWeb } from '@ptsdly/web/serve';
import { type Config, ConfigError, isWhole, type ServiceName } from './config.ts';
import { keptSecret, prepareData } from './data-folder.ts';
import { LocalServices } from './local-services.ts';
import { mediaProgram } from './media-program.ts';
import { monitoring } from './monitoring.ts';
import { attended, operatorSocket } from './operator.ts';
import { openTranscoder, withTranscoder } from './transcoder.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const WEB_DIST = `${root}web/dist`;

export interface Running {
  /** What listens, by service name. */
  readonly addresses: Readonly<Partial<Record<ServiceName, string>>>;
  close(): Promise<void>;
}

/**
 * Topology, decided here and nowhere else: the services named in the configuration open in this process and
 * call each other as functions; the others are reached at their URLs, and what runs apart listens there.
 */
export async function run(config: Config): Promise<Running> {
  prepareData(config.data);
  await makeRunFolder(config.runFolder);
  const log = createLog({ level: config.log, destination: new LineBuffer(process.stdout.fd) });
  const local = new LocalServices(config.services);
  const listeners: Listener[] = [];
  const addresses: Partial<Record<ServiceName, string>> = {};
  let tls: Tls | undefined;
  const close = async () => {
    await tls?.certificates.close();
    await Promise.all(listeners.map((listener) => listener.close()));
    await local.close();
  };
  try {
    await local.open((name) => openService(name, config, log, peers(config, local)));
    tls = config.services.includes('gateway') ? await tlsOf(config, log) : undefined;
    if (tls) listeners.push(...(await listenPlain(tls, config)));
    for (const [name, service] of local.opened) {
      const where = listenOptions(name, config, tls);
      if (!where) continue;
      const listener = await listen(service, { ...where, ...leave(config) }).catch((cause: unknown) => {
        throw new ConfigError(cannotListen(name, where, cause), { cause });
      });
      listeners.push(listener);
      addresses[name] = listener.address;
    }
    await listenForOperator(config, local, listeners);
    if (config.monitor) listeners.push(await listenForMonitor(config.monitor, local));
    return { addresses, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Some services listen for their operator as well, on a socket of their machine. */
async function listenForOperator(config: Config, local: LocalServices, listeners: Listener[]): Promise<void> {
  for (const name of attended) {
    if (!config.services.includes(name)) continue;
    listeners.push(await listen(local.peer(name), { socketPath: operatorSocket(config, name) }));
  }
}

async function listenForMonitor(where: string, local: LocalServices): Promise<Listener> {
  const { hostname, port } = new URL(where);
  const place = { host: hostname, port: Number(port) };
  return listen(
    monitoring(() => local.opened),
    { ...place, drainMs: 100 },
  ).catch((cause: unknown) => {
    throw new ConfigError(`PTSDLY_MONITOR: ${where} cannot be listened on (${(cause as Error).message})`, {
      cause,
    });
  });
}

type Peers = Readonly<Record<Exclude<ServiceName, 'gateway'>, Address>>;

/** Each peer: a service of this process, or the URL of one that runs apart. */
function peers(config: Config, local: LocalServices): Peers {
  const peer = (name: Exclude<ServiceName, 'gateway'>): Address =>
    config.services.includes(name) ? local.peer(name) : apartUrl(name, config);
  return {
    identity: peer('identity'),
    links: peer('links'),
    subscriptions: peer('subscriptions'),
    web: peer('web'),
  };
}

async function openService(name: ServiceName, config: Config, log: Logger, peers: Peers): Promise<Service> {
  const key = config.serviceKey ?? keptSecret(config.data, 'service.key');
  const shared = {
    log: log.child({ service: name }),
    tokens: createServiceTokens(name, new TextEncoder().encode(key)),
    baseUrl: config.url,
  };
  const rates = config.rateStore ? { ratesUrl: config.rateStore } : {};
  switch (name) {
    case 'identity':
      return openIdentity({
        ...shared,
        ...rates,
        databaseUrl: config.identityDatabase,
        secret: config.authSecret ?? keptSecret(config.data, 'auth.secret'),
        providers: providers(config),
        subscriptions: peers.subscriptions,
        links: peers.links,
        ...(config.smtp ? { mail: { url: config.smtp, from: config.mailFrom } } : {}),
        ...(config.breachedPasswords ? { breachedPasswordsUrl: config.breachedPasswords } : {}),
      });
    case 'links':
      return openLinks({
        ...shared,
        kvUrl: config.linksStore,
        rateFactor: config.rateFactor,
        countryDatabase: config.countryDatabase,
        webhooksToPrivate: config.webhooksToPrivate === 'yes',
        identity: peers.identity,
        subscriptions: peers.subscriptions,
      });
    case 'subscriptions':
      return withTranscoder(openTranscoder(config, shared.log), (transcoder) =>
        openSubscriptions({
          ...shared,
          transcoder,
          databaseUrl: config.subscriptionsDatabase,
          hostUrl: config.serverHost,
          runFolder: config.runFolder,
          ...mediaProgram(),
          idleSeconds: config.sleepAfter,
          plansFile: config.plans,
          payments: {
            url: config.payments,
            key: config.paymentsKey,
            webhookSecret: config.paymentsWebhookSecret,
            baseUrl: config.url,
          },
          remoteStorage: remoteStorage(config),
          serverDatabases: config.serverDatabase ? { url: config.serverDatabase, secret: key } : undefined,
          remoteControl: remoteControl(config, key),
          cloudKeys: keysOf(config.cloudKey),
          identity: peers.identity,
          links: peers.links,
        }),
      );
    case 'web':
      return openWeb({
        ...shared,
        distFolder: WEB_DIST,
        payScript: new URL(config.payments).searchParams.get('script') ?? undefined,
        links: peers.links,
      });
    case 'gateway':
      return openGateway({
        ...shared,
        ...peers,
        ...rates,
        rateFactor: config.rateFactor,
        offload: config.offload,
        ...(config.hosts ? { hosts: config.hosts } : {}),
        ...(config.trustedProxies ? { trustedProxies: config.trustedProxies } : {}),
      });
  }
}

function remoteControl({ controlUrl }: Config, key: string) {
  if (controlUrl === undefined) return undefined;
  const tokens = createServerTokens(new TextEncoder().encode(key));
  return { address: controlUrl.replace(/\/+$/, ''), tokens };
}

function remoteStorage({ storage, storageKey }: Config) {
  if (storage === undefined) return undefined;
  return { url: storage, keys: keysOf(storageKey) };
}

/** `<id>:<secret>` */
function keysOf(key: string | undefined) {
  if (key === undefined) return undefined;
  const colon = key.indexOf(':');
  return { accessKeyId: key.slice(0, colon), secretAccessKey: key.slice(colon + 1) };
}

function providers(config: Config): Providers {
  const { googleId, googleSecret, googleIssuer, kakaoId, kakaoSecret, kakaoIssuer, kakaoApi } = config;
  const google = { issuer: googleIssuer, clientId: googleId, clientSecret: googleSecret };
  const { kakaoAdminKey: adminKey } = config;
  const kakao = {
    issuer: kakaoIssuer,
    apiUrl: kakaoApi,
    clientId: kakaoId,
    clientSecret: kakaoSecret,
    adminKey,
  };
  return {
    ...(googleId && googleSecret ? { google: given(google) } : {}),
    ...(kakaoId ? { kakao: { ...given(kakao), openId: config.kakaoOpenId === 'on' } } : {}),
    oidc: config.oidc ?? [],
  };
}

/** Without what is not there. */
function given<T extends object>(settings: T): { [K in keyof T]: NonNullable<T[K]> } {
  const entries = Object.entries(settings).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: NonNullable<T[K]> };
}

const APART_PORTS: Readonly<Record<Exclude<ServiceName, 'gateway'>, number>> = {
  identity: 8081,
  subscriptions: 8082,
  links: 8083,
  web: 8084,
};

function apartUrl(name: Exclude<ServiceName, 'gateway'>, config: Config): string {
  return config[`${name}Url`] ?? `http://127.0.0.1:${APART_PORTS[name]}`;
}

/** The gateway always listens; another service only where the gateway is not in its process. */
function listenOptions(name: ServiceName, config: Config, tls?: Tls): ListenOptions | undefined {
  if (name === 'gateway') {
    return { port: config.port, host: config.host, ...(tls ? { tls: tls.certificates } : {}) };
  }
  const url = config[`${name}Url`];
  if (!url && config.services.includes('gateway')) return undefined;
  const where = apartUrl(name, config);
  if (where.startsWith('unix:')) return { socketPath: where.slice('unix:'.length) };
  return { host: new URL(where).hostname, port: Number(new URL(where).port || 80) };
}

/** https of our own: with certificates from files, or from an authority. */
async function tlsOf(config: Config, log: Logger): Promise<Tls | undefined> {
  const { url: baseUrl, tlsCert: certFile, tlsKey: keyFile, acme: directoryUrl, acmeEmail: email } = config;
  const shared = { baseUrl, log: log.child({ service: 'gateway' }) };
  if (certFile && keyFile) {
    return openTls({ ...shared, source: { certFile, keyFile } }).catch((cause: Error) => {
      throw new ConfigError(`PTSDLY_TLS_CERT: ${cause.message}`, { cause });
    });
  }
  if (!directoryUrl) return undefined;
  const names = [baseUrl, ...(config.hosts ?? []).map((host) => `https://${host}`)];
  const source = {
    directoryUrl,
    names: [...new Set(names.map((name) => new URL(name).hostname))],
    folder: join(config.data, 'tls'),
    ...(email ? { email } : {}),
  };
  const rates = config.rateStore ? { sharedUrl: config.rateStore } : {};
  return openTls({ ...shared, ...rates, source });
}

async function listenPlain(tls: Tls, { httpPort, host }: Config): Promise<Listener[]> {
  if (httpPort === undefined) return [];
  const where = { port: httpPort, host };
  const listener = await listen(tls.plain, { ...where, drainMs: 100 }).catch((cause: unknown) => {
    throw new ConfigError(`PTSDLY_HTTP_PORT: ${cannotListen('gateway', where, cause)}`, { cause });
  });
  return [listener];
}

/** Alone, the sooner the next process can listen the better: uploads resume, players ask again. */
function leave({ services, drain }: Config): Pick<ListenOptions, 'lingerMs' | 'drainMs'> {
  return { lingerMs: drain * 1000, drainMs: isWhole(services) ? 1000 : 10_000 };
}

function cannotListen(name: ServiceName, where: ListenOptions, cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  const place = where.socketPath ?? `port ${where.port}`;
  if (code === 'EADDRINUSE')
    return `${place} is taken by another program. Set ${name === 'gateway' ? 'PORT' : 'another address'}.`;
  return `${name} cannot listen on ${place} (${message}).`;
}

/** Unix sockets live in a folder that only we can enter; one that somebody else made is refused. */
async function makeRunFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const stat = await lstat(folder);
  const ours = stat.isDirectory() && stat.uid === process.getuid?.() && (stat.mode & 0o077) === 0;
  if (!ours) throw new ConfigError(`The folder ${folder} is not ours alone; remove it or set TMPDIR.`);
}
