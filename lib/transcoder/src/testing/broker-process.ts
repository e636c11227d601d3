import { openBroker } from '../index.ts';
import { silent } from './bench.ts';

/** A broker that a test kills: `<scratch> <folder> <task>`. It says when its task runs. */
const [scratch = '', folder = '', task = '{}'] = process.argv.slice(2);
const broker = openBroker({ scratch, log: silent });
const { signal } = new AbortController();
for await (const line of broker.run({ serverId: 'a', folder, task: JSON.parse(task), signal })) {
  if (line.state === 'running' && (line.seconds ?? 0) > 0) process.send?.('running');
}
