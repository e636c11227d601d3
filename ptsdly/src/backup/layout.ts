import { join } from 'node:path';
import { type Config, ConfigError } from '../config.ts';

/** The parts of a default installation, below its data folder and, by the same names, in a backup. */
export const parts = {
  identity: 'identity.db',
  subscriptions: 'subscriptions.db',
  links: 'links',
  servers: 'servers',
  secrets: 'secrets',
} as const;

/** In the folder of a media server: its database, what it holds, and what is on its way in. */
export const serverParts = { database: 'media.db', objects: 'objects', spool: 'spool' } as const;

/** Throws a ConfigError naming every store that is not where a default installation has it. */
export function requireDefaults(config: Config): void {
  const { data } = config;
  const expected: readonly (readonly [string, string, string])[] = [
    ['PTSDLY_IDENTITY_DATABASE', config.identityDatabase, `sqlite:${join(data, parts.identity)}`],
    [
      'PTSDLY_SUBSCRIPTIONS_DATABASE',
      config.subscriptionsDatabase,
      `sqlite:${join(data, parts.subscriptions)}`,
    ],
    ['PTSDLY_LINKS_STORE', config.linksStore, `lmdb:${join(data, parts.links)}`],
    ['PTSDLY_SERVER_HOST', config.serverHost, `process:${join(data, parts.servers)}`],
  ];
  const others = expected.filter(([, actual, usual]) => actual !== usual).map(([name]) => name);
  if (others.length === 0) return;
  throw new ConfigError(
    `This is for installations with everything in the data folder; ${others.join(', ')} ${others.length > 1 ? 'lead' : 'leads'} elsewhere. ` +
      'MariaDB, Redis and S3 have backups of their own: see docs/databases.md.',
  );
}
