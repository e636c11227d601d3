#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { parseArgs } from 'node:util';

enableCompileCache();

const usage = `ptsdly [options] [service…]      runs the services named, or all of them in one process
ptsdly media <config.json>       runs one media server
ptsdly links reports             what people have reported; \`audit\` lists what was done about it
ptsdly links takedown CODE WHY   takes a link down (451); \`restore CODE WHY\` puts it back,
                                 \`dismiss CODE WHY\` settles its reports and leaves it as it is
ptsdly links backup FOLDER       copies the store of links while it is in use
ptsdly links restore-backup FOLDER
                                 puts such a copy in the store's place, while links is not running
ptsdly identity mails            letters that were kept because no mail server is configured
ptsdly identity rotate-keys      makes the next key that signs tokens, which also happens every 90 days
ptsdly identity admin E-MAIL     makes an account an administrator; \`support\` and \`user\` likewise
ptsdly subscriptions list        all subscriptions; \`suspend ID WHY\` stops the server of one (either id) whatever is
                                 paid, \`unsuspend ID\` lets it run again
ptsdly subscriptions refunds     charges that nobody owed, until they are refunded at the provider
ptsdly nodes                     on a manager of a Docker Swarm: gives machines that join their share of
                                 media servers, and empties those that are to go
ptsdly servers                   the servers and where their videos lie
ptsdly servers move SERVER PLACE moves the videos of a server to \`local\` or \`remote\` storage while it plays

ptsdly backup DIR                copies the whole installation into a new folder, while it runs
ptsdly restore DIR               puts such a copy in its place, while nothing runs
ptsdly migrate-store SERVICE URL copies the store of a service that does not run to MariaDB or Redis, and compares;
                                 SERVICE may be "servers" too: the databases of all media servers

ptsdly login                     signs you in on this machine by a code that you enter in a browser; \`logout\` ends it
ptsdly upload FILE…              uploads videos to your server; \`--share\` prints a link for each
ptsdly import DIR                uploads a folder, its folders kept
ptsdly export DIR                downloads everything as it was uploaded; each has a --help of its own

  --list            the services
  --check           read the configuration, say what is wrong with it, and stop
  --print-config    the configuration as it was understood, secrets hidden
  --help            this text`;

/** What a subscriber runs, on any machine. */
const clientCommands = ['login', 'logout', 'upload', 'import', 'export'];
const isClientCommand = (word: string | undefined) => clientCommands.includes(word ?? '');

async function main(): Promise<void> {
  if (isClientCommand(process.argv[2])) {
    const { runClient } = await import('./client/client.ts');
    process.exitCode = await runClient(process.argv.slice(2));
    return;
  }
  process.umask(0o077); // stores are made by libraries, and the data folder may be open to others
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      list: { type: 'boolean' },
      check: { type: 'boolean' },
      'print-config': { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (positionals[0] === 'media') return import('./media.ts').then(() => undefined);
  const { readConfig, serviceNames, ConfigError } = await import('./config.ts');
  if (values.help) return console.log(usage);
  if (values.list) return console.log(serviceNames.join('\n'));

  if (positionals[1] !== undefined) {
    const { isOperation, operate } = await import('./operator.ts');
    const [service, operation, ...args] = positionals;
    if (isOperation(service, operation)) {
      for (const line of await operate(readConfig(serviceNames), operation, args)) console.log(line);
      return process.exit(0);
    }
  }

  const [command, folder] = positionals;
  if (command === 'backup' || command === 'restore') {
    if (!folder) throw new ConfigError(`ptsdly ${command} DIR`);
    const { resolve } = await import('node:path');
    const config = readConfig(serviceNames);
    const { backUp } = await import('./backup/backup.ts');
    const { restore } = await import('./backup/restore.ts');
    const work = command === 'backup' ? backUp : restore;
    for (const line of await work(config, resolve(folder))) console.log(line);
    return process.exit(0);
  }

  if (command === 'migrate-store') {
    const { migrateStore } = await import('./migrate-store.ts');
    for (const line of await migrateStore(readConfig(serviceNames), positionals.slice(1))) console.log(line);
    return process.exit(0);
  }

  if (positionals[0] === 'servers') {
    const { operateServers } = await import('./servers.ts');
    for (const line of await operateServers(readConfig(serviceNames), positionals.slice(1)))
      console.log(line);
    return process.exit(0);
  }

  if (positionals[0] === 'nodes') {
    const [{ manageNodes }, { createLog }] = await Promise.all([
      import('./nodes/node-manager.ts'),
      import('@ptsdly/kit'),
    ]);
    const stop = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
    const config = readConfig([]);
    return manageNodes(config, createLog({ level: config.log }), stop.signal);
  }

  const unknown = positionals.filter((name) => !serviceNames.some((known) => known === name));
  if (unknown.length > 0) throw new ConfigError(`There is no service "${unknown.join(', ')}". See --list.`);
  const chosen = serviceNames.filter((name) => positionals.length === 0 || positionals.includes(name));
  const config = readConfig(chosen);
  if (values['print-config']) {
    const { printConfig } = await import('./print-config.ts');
    return console.log(printConfig(config));
  }
  if (values.check) return console.log('The configuration is sound.');

  const { run } = await import('./run.ts');
  const running = await run(config);
  if (running.addresses.gateway) console.log(`PTSD.ly is ready on ${config.url}`);
  else
    console.log(
      `ready: ${Object.entries(running.addresses)
        .map((entry) => entry.join(' on '))
        .join(', ')}`,
    );

  const stop = async () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop);
    await running.close();
    process.exit(0);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

main().catch((error: Error) => {
  // What a person can mend is one line; what is a fault of ours shows where.
  console.error(error.name === 'ConfigError' ? error.message : (error.stack ?? error));
  process.exit(1);
});
