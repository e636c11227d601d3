import { resolve } from 'node:path';
import { createClient, linksStoreApi, moderationApi, Problem } from '@ptsdly/contract';
import { createServiceTokens, internalPeer } from '@ptsdly/kit';
import { type Config, ConfigError, keptSecret } from './config.ts';

/** What an operator asks of the running links service, on the machine where it runs. */
export const operations = [
  'reports',
  'takedown',
  'restore',
  'dismiss',
  'audit',
  'backup',
  'restore-backup',
] as const;
type Operation = (typeof operations)[number];

export const isOperation = (word: string | undefined): word is Operation =>
  operations.some((operation) => operation === word);

/** Where a service listens for its operator, whatever else runs in its process: a socket that only we can open. */
export const operatorSocket = (config: Config, name: 'links' | 'subscriptions') =>
  `${config.runFolder}/${name}.sock`;

/** A service of this machine, to be called as its operator. */
export function operated(config: Config, name: 'links' | 'subscriptions') {
  const key = new TextEncoder().encode(config.serviceKey ?? keptSecret(config.data, 'service.key'));
  const tokens = createServiceTokens('operator', key);
  return internalPeer(name, `unix:${operatorSocket(config, name)}`, tokens);
}

/** Runs one operation and answers the lines to print. Rejects with a ConfigError that says what to do. */
export async function operate(
  config: Config,
  operation: Operation,
  args: readonly string[],
): Promise<string[]> {
  if (operation === 'restore-backup') return restored(config, args);
  const links = createClient({ ...moderationApi, ...linksStoreApi }, operated(config, 'links'));
  try {
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
  } catch (thrown) {
    throw explained(thrown, 'links');
  }
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
