import { resolve } from 'node:path';
import {
  billingOperatorApi,
  type Client,
  createClient,
  identityOperatorApi,
  linksStoreApi,
  moderationApi,
  Problem,
  type Role,
} from '@ptsdly/contract';
import { createServiceTokens, internalPeer } from '@ptsdly/kit';
import { type Config, ConfigError } from './config.ts';
import { keptSecret } from './data-folder.ts';

/** What an operator asks of a running service, on the machine where it runs. */
const operations = {
  links: ['reports', 'takedown', 'restore', 'dismiss', 'audit', 'backup', 'restore-backup'],
  identity: ['mails', 'rotate-keys', 'admin', 'support', 'user'],
  subscriptions: ['list', 'refunds', 'suspend', 'unsuspend'],
} as const;
type Operated = keyof typeof operations;
export type Operation = (typeof operations)[Operated][number];

const operated = Object.keys(operations) as Operated[];

/** Whether `ptsdly <service> <word> …` is an operation. */
export const isOperation = (service: string | undefined, word: string | undefined): word is Operation =>
  operated.some((name) => name === service && operations[name].some((operation) => operation === word));

/** The services that listen for their operator, whatever else runs in their process. */
export const attended = ['links', 'identity', 'subscriptions'] as const;
type Attended = (typeof attended)[number];

/** Where: a socket that only we can open. */
export const operatorSocket = (config: Config, service: Attended) => `${config.runFolder}/${service}.sock`;

/** A service of this machine, to be called as its operator. */
export function operatorPeer(config: Config, service: Attended) {
  const key = new TextEncoder().encode(config.serviceKey ?? keptSecret(config.data, 'service.key'));
  const tokens = createServiceTokens('operator', key);
  // a person waits: whether anybody listens is told at once
  return internalPeer(service, `unix:${operatorSocket(config, service)}`, tokens, { restartMs: 0 });
}

/** Runs one operation and answers the lines to print. Rejects with a ConfigError that says what to do. */
export async function operate(
  config: Config,
  operation: Operation,
  args: readonly string[],
): Promise<string[]> {
  if (operation === 'restore-backup') return restored(config, args);
  const service = operated.find((name) => operations[name].some((one) => one === operation)) ?? 'links';
  try {
    const peer = operatorPeer(config, service);
    if (service === 'identity') {
      return await operateIdentity(createClient(identityOperatorApi, peer), operation, args);
    }
    if (service === 'subscriptions') {
      return await operateSubscriptions(createClient(billingOperatorApi, peer), operation, args);
    }
    return await operateLinks(createClient({ ...moderationApi, ...linksStoreApi }, peer), operation, args);
  } catch (thrown) {
    throw explained(thrown, service);
  }
}

async function operateIdentity(
  identity: Client<typeof identityOperatorApi>,
  operation: Operation,
  [email]: readonly string[],
): Promise<string[]> {
  if (operation === 'mails') return lines((await identity.mails({ query: {} })).items);
  if (operation === 'rotate-keys') {
    const { id, signsFrom } = await identity.rotateKeys({});
    return [`key ${id} signs from ${signsFrom}; the one before stays until its tokens have ended`];
  }
  if (!email) throw new ConfigError(`ptsdly identity ${operation} E-MAIL`);
  const account = await identity.appoint({ body: { email, role: operation as Role } });
  return [`${account.email} is ${account.role} now and has to sign in again`];
}

async function operateSubscriptions(
  subscriptions: Client<typeof billingOperatorApi>,
  operation: Operation,
  [id, ...why]: readonly string[],
): Promise<string[]> {
  if (operation === 'list') {
    return lines((await subscriptions.subscriptionEntries({ query: { limit: 200 } })).items);
  }
  if (operation === 'refunds') return lines((await subscriptions.refundsDue({})).items);
  if (!id || (operation === 'suspend' && why.length === 0)) {
    throw new ConfigError(`ptsdly subscriptions ${operation} ID${operation === 'suspend' ? ' WHY' : ''}`);
  }
  const input = { params: { id } };
  const entry =
    operation === 'suspend'
      ? await subscriptions.suspend({ ...input, body: { reason: why.join(' ') } })
      : await subscriptions.unsuspend(input);
  return lines([entry]);
}

async function operateLinks(
  links: Client<typeof moderationApi & typeof linksStoreApi>,
  operation: Operation,
  args: readonly string[],
): Promise<string[]> {
  if (operation === 'reports') return lines((await links.reports({ query: { limit: 200 } })).items);
  if (operation === 'audit') return lines((await links.audit({ query: { limit: 200 } })).items);
  if (operation === 'backup') {
    const folder = folderIn(operation, args);
    await links.backUp({ body: { folder } });
    return [`backup: ${folder}`];
  }
  const [given, ...note] = args;
  if (!given || note.length === 0) throw new ConfigError(`ptsdly links ${operation} CODE WHY`);
  const input = { params: { code: codeIn(given) }, body: { note: note.join(' ') } };
  if (operation === 'takedown') await links.takeDown(input);
  else if (operation === 'restore') await links.restore(input);
  else await links.dismissReports(input);
  return [`${operation}: done`];
}

/** Without the service, which has to be down for it. */
async function restored(config: Config, args: readonly string[]): Promise<string[]> {
  const folder = folderIn('restore-backup', args);
  const { restoreBackup } = await import('@ptsdly/kv');
  try {
    const before = await restoreBackup(config.linksStore, folder);
    return [`restored from ${folder}`, `the store of before is ${before}; remove it when all is well`];
  } catch (cause) {
    throw new ConfigError((cause as Error).message, { cause });
  }
}

function folderIn(operation: Operation, [folder]: readonly string[]): string {
  if (!folder) throw new ConfigError(`ptsdly links ${operation} FOLDER`);
  return resolve(folder);
}

const lines = (items: readonly object[]) =>
  items.length === 0 ? ['none'] : items.map((item) => JSON.stringify(item));

/** A code, or the whole address as it was reported. */
const codeIn = (given: string) =>
  decodeURIComponent(
    given
      .replace(/[?#].*$/, '')
      .split('/')
      .at(-1) ?? given,
  );

/** What an operator can do about a refusal, as one line. */
export function explained(thrown: unknown, service: string): unknown {
  if (!(thrown instanceof Problem)) return thrown;
  const detail =
    thrown.code === 'unavailable'
      ? `The ${service} service does not answer. Run this on its machine, with its PTSDLY_DATA.`
      : thrown.detail;
  return new ConfigError(detail, { cause: thrown });
}
