import { createClient, identityInternalApi } from '@ptsdly/contract';
import { appliedProgress, feedCursor, openDatabase, openSchemas, pruneOutbox, readOutbox } from '@ptsdly/db';
import {
  type Address,
  type AppOptions,
  Bell,
  createVerifier,
  Feed,
  type Follower,
  follow,
  internalPeer,
  issuers,
  type Logger,
  Metrics,
  newId,
  pruneRegularly,
  reach,
  type ServerTokens,
  type Service,
  type ServiceTokens,
} from '@ptsdly/kit';
import { sql } from 'kysely';
import { subscriptionsApp } from './app.ts';
import { Billing } from './billing/billing.ts';
import { Changes } from './changes.ts';
import { type Clock, systemClock } from './clock.ts';
import { openControl } from './control.ts';
import { ControlGate } from './control-gate.ts';
import { keepHostNotes } from './host-notes.ts';
import type { Boot, Host, HostOptions, RemoteStorage } from './hosts/host.ts';
import { openKeyLender } from './hosts/key-lender.ts';
import { openHost } from './hosts/open-host.ts';
import { Leases } from './leases.ts';
import { Meters } from './meters.ts';
import { OrphanSchemas } from './orphan-schemas.ts';
import { openPayments } from './payments/open-payments.ts';
import type { Payments, PaymentsOptions } from './payments/payments.ts';
import { Placements } from './placements.ts';
import { Plans } from './plans.ts';
import { Reconciler } from './reconciler.ts';
import { type Database, migrations, type Tables } from './schema.ts';
import { Servers } from './servers.ts';
import { Subscriptions } from './subscriptions.ts';
import { Sweep } from './sweep.ts';
import type { Transcoder } from './transcodes.ts';

export interface SubscriptionsOptions {
  /** `sqlite:<path>`. */
  readonly databaseUrl: string;
  /** `process:<folder>`: the folder that holds one folder a server. */
  readonly hostUrl: string;
  /** Private folder with a short path, for the sockets of media servers. */
  readonly runFolder: string;
  /** argv that starts a media server; the path of its configuration is appended. */
  readonly mediaCommand: readonly string[];
  /** Files and folders of the media program, which its sandbox lets it read. */
  readonly mediaReads?: readonly string[];
  /** Of the media program: servers that were left running with another one are renewed. */
  readonly release?: string;
  /** Seconds without use after which a media server sleeps; never where not given. */
  readonly idleSeconds?: number;
  /** Environment of media servers, which inherit nothing. */
  readonly mediaEnv?: Readonly<Record<string, string>>;
  readonly log: Logger;
  readonly tokens: ServiceTokens;
  readonly identity: Address;
  readonly links: Address;
  /** Where objects of new servers belong; on the disk of their host where not given. */
  readonly remoteStorage?: RemoteStorage | undefined;
  /** `mysql://<admin>@<host>/` in which new media servers get a schema and a user each, and what passwords come from. */
  readonly serverDatabases?: { readonly url: string; readonly secret: string } | undefined;
  /** Absolute origin of media servers, where they have one of their own; `server.url` is absolute then. */
  readonly mediaOrigin?: string;
  /** Where media servers on other machines speak to us; without it there can be none. */
  readonly remoteControl?: { readonly address: string; readonly tokens: ServerTokens } | undefined;
  /** Of the account where servers are made; those of this machine where not given. */
  readonly cloudKeys?: RemoteStorage['keys'];
  /** A file of plans; the usual ones where not given. */
  readonly plansFile?: string | undefined;
  /** `none:`, `stripe:` or `portone:`, and its secrets; nothing is charged where not given. */
  readonly payments?: Pick<PaymentsOptions, 'key' | 'webhookSecret' | 'baseUrl'> & { readonly url: string };
  /** Runs ffmpeg for the media servers of this machine; they do without where it is not given. */
  readonly transcoder?: Transcoder | undefined;
}

/** What tests put in the place of the real thing. */
export interface Surroundings {
  readonly openHost: (url: string, options: HostOptions) => Promise<Host>;
  readonly clock: Clock;
  /** 0..1, for jitter. */
  readonly random: () => number;
  readonly payments?: Payments;
  readonly plans?: Plans;
}

const NAME = 'subscriptions';
/** Who must hear of every deleted video and account, however long they were away. */
const HEARERS = ['identity', 'links'];
const MEDIA_ENV = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  LANG: 'C.UTF-8',
  TZ: 'UTC',
  // One arena that gives memory back: a quarter less of it in each of many small processes (glibc, mallopt(3)).
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: '131072',
};

/** Opens the service of plans, subscriptions and servers, and begins to bring servers to their desired state. */
export function openSubscriptions(options: SubscriptionsOptions): Promise<Service> {
  return composeSubscriptions(options, { openHost, clock: systemClock, random: Math.random });
}

export async function composeSubscriptions(
  options: SubscriptionsOptions,
  { openHost, clock, random, ...given }: Surroundings,
): Promise<Service> {
  const { databaseUrl, hostUrl, log, mediaOrigin } = options;
  const metrics = new Metrics(NAME);
  const plans = given.plans ?? Plans.read(options.plansFile);
  const { url = 'none:', baseUrl = '', ...secrets } = options.payments ?? {};
  const payments = given.payments ?? (await openPayments(url, { ...secrets, baseUrl, log }));
  const db = await openDatabase<Tables>(databaseUrl, migrations);
  const bell = new Bell();
  const feed = new Feed(readOutbox(db), bell, appliedProgress(db, HEARERS));
  const pruning = pruneRegularly((before) => pruneOutbox(db, before, HEARERS), log);
  const changes = new Changes();
  const servers = new Servers({ db, clock, bell, changes, mediaOrigin, log });
  const databases =
    options.serverDatabases && openSchemas(options.serverDatabases.url, options.serverDatabases.secret);
  let reconciler: Reconciler | undefined;
  const nudge = (serverId: string) => reconciler?.nudge(serverId); // a host may speak while it opens
  const meters = new Meters({ db, plans, clock });
  const boot = (): Boot | undefined => host?.boot; // servers may call before the host is open
  const ownLender = openKeyLender(options.remoteStorage);
  const lender = () => boot() ?? ownLender;
  const control = openControl({ ...options, servers, meters, feed, nudge, metrics, lender });
  const gate = await openGate(options, { servers, control, boot, log });
  let host: Host | undefined;
  host = await openHost(hostUrl, hostOptions(options, { control, changed: nudge, databases, db })).catch(
    async (error: unknown) => {
      await gate?.close();
      await databases?.close();
      await db.destroy();
      throw error;
    },
  );
  const leases = new Leases(servers, clock, newId());
  reconciler = new Reconciler({ leases, host, clock, random, log });
  const orphanSchemas = databases && new OrphanSchemas({ servers, schemas: databases, clock, log });
  const sweep = new Sweep({ servers, host, orphanSchemas, nudge, clock, log });
  const storage = options.remoteStorage ? 'remote' : 'local';
  const billing = new Billing({ servers, plans, payments, clock, nudge, random, log });
  const database = databases ? 'schema' : 'file';
  const subscriptions = new Subscriptions({ servers, billing, clock, storage, database });
  const placements = new Placements({ servers, clock, nudge, hasRemote: storage === 'remote' });
  const parts = { subscriptions, billing, meters, placements, servers, host, changes, feed, nudge };
  const app = subscriptionsApp(parts, appOptions(options, metrics, db));

  await leases.recover(databaseUrl.startsWith('sqlite:'));
  reconciler.start();
  sweep.start();
  await billing.start();
  const departures = followDepartures(options, subscriptions, db);

  return {
    name: NAME,
    fetch: async (request) => app.fetch(request),
    close: async () => {
      await billing.clockwork.close();
      await sweep.close();
      await reconciler.close();
      await departures.close();
      changes.close();
      feed.close();
      await pruning.close();
      await gate?.close();
      await host.close();
      await databases?.close();
      await db.destroy();
    },
  };
}

/** Rejects with the system's error when the port is taken. */
async function openGate(
  { remoteControl }: SubscriptionsOptions,
  parts: Omit<ConstructorParameters<typeof ControlGate>[0], 'tokens'>,
): Promise<ControlGate | undefined> {
  if (!remoteControl) return undefined;
  const gate = new ControlGate({ ...parts, tokens: remoteControl.tokens });
  const { port } = new URL(remoteControl.address);
  await gate.listen(Number(port || 80));
  return gate;
}

function hostOptions(
  options: SubscriptionsOptions,
  { db, ...calls }: Pick<HostOptions, 'control' | 'changed' | 'databases'> & { readonly db: Database },
): HostOptions {
  const { runFolder, mediaCommand, mediaReads, release, idleSeconds, mediaEnv = MEDIA_ENV } = options;
  const { mediaOrigin, remoteStorage, remoteControl: remote, cloudKeys, log } = options;
  const remoteControl = remote && {
    address: remote.address,
    token: (id: string) => remote.tokens.sign(id),
  };
  const program = { mediaCommand, mediaReads, mediaEnv, release, idleSeconds };
  const notes = keepHostNotes(db);
  return {
    ...program,
    ...calls,
    runFolder,
    mediaOrigin,
    remoteStorage,
    remoteControl,
    cloudKeys,
    notes,
    log,
  };
}

function appOptions(
  { identity, tokens, log }: SubscriptionsOptions,
  metrics: Metrics,
  db: Database,
): AppOptions {
  const keys = createClient(identityInternalApi, reach(identity));
  return {
    audience: NAME,
    log,
    metrics,
    services: tokens,
    callers: createVerifier(issuers.identity, () => keys.keys({})),
    ready: async () => void (await sql`select 1`.execute(db)),
  };
}

/** A deleted account takes its subscriptions and servers with it. */
function followDepartures(
  options: SubscriptionsOptions,
  subscriptions: Subscriptions,
  db: Database,
): Follower {
  return follow({
    consumer: NAME,
    ...internalPeer('identity', options.identity, options.tokens),
    cursor: feedCursor(db, 'identity'),
    apply: async ({ data }) => {
      if (data.type === 'user.deleted') await subscriptions.userDeleted(data.userId);
    },
    log: options.log,
  });
}
