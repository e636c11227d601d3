import { setTimeout as sleep } from 'node:timers/promises';
import { mediaProcesses } from '../test/media-processes.ts';
import { Person, until } from '../test/person.ts';
import { type Product, startProduct } from '../test/product.ts';
import { processorSeconds, proportionalMemory } from './processor.ts';
import { type Measurement, median } from './report.ts';
import { type Subscriber, subscribe } from './subscriber.ts';

const WAKES = 7;
const THOUSAND = 1000;
/** Servers that are made and put to sleep at once. */
const AT_ONCE = 4;
const IDLE_SECONDS = 1;

const env = { PTSDLY_SLEEP_AFTER: String(IDLE_SECONDS), PTSDLY_LOG: 'warn', PTSDLY_RATE_FACTOR: '0' };

/** Seconds from a request for a sleeping server to its answer, through the gateway. */
export async function wake(): Promise<Measurement[]> {
  const product = await startProduct({ env });
  try {
    const subscriber = await subscribe(product);
    const seconds: number[] = [];
    for (let run = 0; run <= WAKES; run++) {
      await asleep(subscriber.person, subscriber.server.id);
      const started = performance.now();
      await subscriber.person.media(subscriber.server).listVideos({});
      seconds.push((performance.now() - started) / 1000);
    }
    const conditions = { runs: `${WAKES}, median`, request: 'GET /videos with a session cookie' };
    return [{ case: 'wake', value: median(seconds.slice(1)), unit: 's', conditions }];
  } finally {
    await product.stop();
  }
}

/** What a thousand sleeping servers cost the control plane, and a request to one of them. */
export async function thousandAsleep(count = THOUSAND): Promise<Measurement[]> {
  const product = await startProduct({ env });
  try {
    const before = await proportionalMemory(product.pid);
    const subscribers: Subscriber[] = [];
    let begun = 0;
    const lane = async () => {
      while (begun++ < count) {
        const person = new Person(product.url);
        await person.signUp();
        // On a busy machine it is asleep again before anybody has seen it ready.
        subscribers.push({ person, server: await asleep(person, await person.order()) });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    await until(
      async () => mediaProcesses(product.data).length,
      (left) => left === 0,
      (left) => `${left} run`,
      60,
    );
    const after = await proportionalMemory(product.pid);
    const idle = await processorShare(product);
    const [one] = subscribers;
    const started = performance.now();
    if (one) await one.person.media(one.server).listVideos({});
    const seconds = (performance.now() - started) / 1000;
    const conditions = {
      servers: String(subscribers.length),
      measure: 'the one process of the control plane',
    };
    return [
      { case: 'thousand-asleep', value: after - before, unit: 'B', conditions },
      { case: 'thousand-asleep-processor', value: idle, unit: 'cpu-s/s', conditions },
      { case: 'thousand-asleep-wake', value: seconds, unit: 's', conditions },
    ];
  } finally {
    await product.stop();
  }
}

const asleep = (person: Person, id: string) =>
  until(
    () => person.subscriptions.getServer({ params: { id } }),
    ({ state }) => state === 'asleep',
    ({ state }) => `the server is ${state}`,
    60,
  );

/** Seconds of processor time a second, while nobody asks for anything. */
async function processorShare(product: Product): Promise<number> {
  const before = await processorSeconds([product.pid]);
  const started = performance.now();
  await sleep(10_000);
  const spent = (await processorSeconds([product.pid])) - before;
  return spent / ((performance.now() - started) / 1000);
}
