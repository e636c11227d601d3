import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../../product.ts';
import { IMAGE } from './image.ts';
import type { Lab } from './nodes.ts';

export const NETWORK = 'servers';
const PORT = 8080;
const CONTROL_PORT = 8090;
const START_MS = 60_000;

export type Settings = Readonly<Record<string, string>>;

/** The product on a Swarm: its services in containers of the manager, its media servers wherever there is room. */
export interface PlaneOnSwarm {
  readonly url: string;
  /** Starts subscriptions anew, with another release of media servers, or other settings as well. */
  release(image: string, more?: Settings): Promise<void>;
  /** Runs a command of `ptsdly` with the settings of the last release, while subscriptions does not run. Its output. */
  command(...words: string[]): Promise<string>;
  logs(): Promise<string>;
}

/** Where each service listens, as the others call it. */
const ADDRESSES = {
  PTSDLY_IDENTITY_URL: 'http://people:8081',
  PTSDLY_LINKS_URL: 'http://people:8083',
  PTSDLY_WEB_URL: 'http://people:8084',
  PTSDLY_SUBSCRIPTIONS_URL: 'http://subscriptions:8082',
};

export async function startPlane(lab: Lab, startSeconds: number): Promise<PlaneOnSwarm> {
  const { manager, folder } = lab;
  const [data, servers] = [join(folder, 'plane'), join(folder, 'servers')];
  for (const path of [data, servers]) await mkdir(path);
  const url = `http://${manager.ip}:${PORT}`;
  const repository = root.replace(/\/$/, '');
  const host = (image: string) =>
    `swarm:/run/docker.sock?${new URLSearchParams({
      ...{ image, network: NETWORK, data: servers, cpus: '1', startSeconds: String(startSeconds) },
    })}`;
  const settings = (image: string) => ({
    ...ADDRESSES,
    ...{ PORT: String(PORT), PTSDLY_HOST: '0.0.0.0', PTSDLY_URL: url, PTSDLY_DATA: data },
    ...{ PTSDLY_RATE_FACTOR: '0', PTSDLY_LOG: 'info', PTSDLY_SLEEP_AFTER: '0' },
    PTSDLY_CONTROL_URL: `http://subscriptions:${CONTROL_PORT}`,
    PTSDLY_SERVER_HOST: host(image),
  });
  let last = settings(IMAGE);
  const container = (name: string, words: readonly string[], ...more: string[]) => {
    const env = Object.entries(last).flatMap((pair) => ['-e', pair.join('=')]);
    const mounts = [
      `${repository}:${repository}:ro`,
      `${folder}:${folder}`,
      '/run/docker.sock:/run/docker.sock',
    ];
    return manager.docker(
      ...['run', '--name', name, '--network', NETWORK, '--network-alias', name, ...more],
      ...[...env, ...mounts.flatMap((mount) => ['-v', mount]), '--entrypoint', 'node', IMAGE],
      ...['--disable-warning=ExperimentalWarning', `${repository}/ptsdly/src/main.ts`, ...words],
    );
  };
  const end = async () => {
    await manager.docker('stop', 'subscriptions');
    await manager.docker('rm', 'subscriptions');
  };
  const begin = () => container('subscriptions', ['subscriptions'], '-d');
  const logs = async () => {
    const names = ['people', 'subscriptions', 'gateway'];
    return (await Promise.all(names.map((name) => manager.docker('logs', name).catch(String)))).join('\n');
  };
  await container('people', ['identity', 'links', 'web'], '-d');
  await begin();
  await container('gateway', ['gateway'], '-d', '-p', `${PORT}:${PORT}`);
  await untilAnswers(url, logs);
  return {
    ...{ url, logs },
    async release(image, more = {}) {
      await end();
      last = { ...settings(image), ...more };
      await begin();
      await untilAnswers(url, logs);
    },
    async command(...words) {
      await end();
      try {
        return await container('command', words, '--rm');
      } finally {
        await begin();
        await untilAnswers(url, logs);
      }
    },
  };
}

async function untilAnswers(url: string, logs: () => Promise<string>): Promise<void> {
  const deadline = Date.now() + START_MS;
  for (;;) {
    const paths = ['/api/plans', '/api/auth/options', '/111111111111'];
    const answers = await Promise.all(
      paths.map((path) =>
        fetch(url + path, { signal: AbortSignal.timeout(5000) }).then(
          ({ status }) => status,
          () => 0,
        ),
      ),
    );
    if (answers.join() === '200,200,404') return;
    if (Date.now() > deadline) throw new Error(`not ready (${answers.join()}):\n${await logs()}`);
    await sleep(200);
  }
}
