import { cp, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { silentLog } from '@ptsdly/kit';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { manageNodes } from '../../ptsdly/src/nodes/node-manager.ts';
import { until } from '../person.ts';
import { hasDocker, shell } from './swarm/docker.ts';
import { type Lab, type Node, openLab } from './swarm/nodes.ts';

const IMAGE = 'ptsdly/sleeper:1';
const SERVERS = 4;

/** Nothing but sleep(1) and its libraries: where tasks run is all that counts here. */
async function sleeperImage(lab: Lab): Promise<string> {
  const [folder, archive] = [join(lab.folder, 'sleeper'), join(lab.folder, 'sleeper.tar')];
  const linked = await shell('ldd', '/bin/sleep');
  for (const path of ['/bin/sleep', ...[...linked.matchAll(/(\/\S+)(?= \()/g)].map(([path]) => path)]) {
    await mkdir(join(folder, dirname(path)), { recursive: true });
    await cp(path, join(folder, path), { dereference: true });
  }
  await shell('tar', '-cf', archive, '-C', folder, '.');
  return archive;
}

describe.skipIf(!(await hasDocker()))('ptsdly nodes on a real Swarm', () => {
  let lab: Lab;
  const stop = new AbortController();
  let managing: Promise<void> | undefined;
  beforeAll(async () => {
    lab = await openLab('manager', 'a');
    const archive = await sleeperImage(lab);
    for (const node of lab.nodes) await node.docker('import', archive, IMAGE);
    const options = ['--update-order', 'start-first', '--constraint', 'node.role==worker'];
    for (let n = 0; n < SERVERS; n++) {
      const name = ['--name', `server-${n}`, '--label', `ly.ptsd.server=${n}`];
      await lab.manager.docker(
        ...['service', 'create', '-d', '--no-resolve-image', ...name, ...options, IMAGE],
        ...['/bin/sleep', '3600'],
      );
    }
  });
  afterAll(async () => {
    stop.abort();
    await managing;
    await lab?.close();
  });

  const on = async ({ name }: Node) => {
    const format = '{{.DesiredState}} {{.CurrentState}}';
    const tasks = await lab.manager.docker('node', 'ps', '--format', format, name);
    return tasks.split('\n').filter((line) => line.startsWith('Running Running')).length;
  };

  test('a worker that joins gets its share, one server after the other', async () => {
    const [, first] = lab.nodes as [Node, Node];
    await until(
      () => on(first),
      (count) => count === SERVERS,
      (count) => `it runs ${count}`,
      60,
    );
    const second = await lab.add('b');
    await second.docker('import', join(lab.folder, 'sleeper.tar'), IMAGE);
    managing = manageNodes(
      { nodesEngine: lab.manager.socket, scalingGroup: undefined },
      silentLog,
      stop.signal,
    );
    await until(
      () => on(second),
      (count) => count === SERVERS / 2,
      (count) => `it runs ${count}`,
      120,
    );
    await until(
      () => on(first),
      (count) => count === SERVERS / 2,
      (count) => `the first runs ${count}`,
      60,
    );
  });
});
