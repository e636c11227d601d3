import { setTimeout as sleep } from 'node:timers/promises';
import { mediaProcesses } from '../test/media-processes.ts';
import { Person, until } from '../test/person.ts';
import { type Product, startProduct } from '../test/product.ts';
import { processorSeconds, proportionalMemory } from './processor.ts';
import { type Measurement, median } from './report.ts';
import { type Subscriber, subscribe } from './subscriber.ts';

const WAKES = 7;
const THOUSAND = 1000;
/** Servers that are made before anything is measured. */
const FEW = 50;
const SETTLE_MS = 15_000;
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

/**
 * What a thousand sleeping servers cost the control plane beside what it costs without them, and a request to one of
 * them. A few are made first, since what is compiled and cached for the first one is nothing that each costs.
 */
export async function thousandAsleep(count = THOUSAND): Promise<Measurement[]> {
  const product = await startProduct({ env });
  try {
    await resting(product, FEW);
    const before = await atRest(product);
    const [one] = await resting(product, count);
    const after = await atRest(product);
    const started = performance.now();
    if (one) await one.person.media(one.server).listVideos({});
    const seconds = (performance.now() - started) / 1000;
    const conditions = {
      servers: `${count}, after ${FEW} others`,
      measure: 'the one process of the control plane, half a minute after the last one fell asleep',
      ...{ before: told(before), after: told(after) },
    };
    const processor = after.share - before.share;
    return [
      { case: 'thousand-asleep', value: after.memory - before.memory, unit: 'B', conditions },
      { case: 'thousand-asleep-processor', value: processor, unit: 'cpu-s/s', conditions },
      { case: 'thousand-asleep-wake', value: seconds, unit: 's', conditions },
    ];
  } finally {
    await product.stop();
  }
}

/** New subscribers whose servers have all ended. */
async function resting(product: Product, count: number): Promise<Subscriber[]> {
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
  return subscribers;
}

interface Rest {
  /** Bytes. */
  readonly memory: number;
  /** Seconds of processor time a second. */
  readonly share: number;
}

/** Nobody asks for anything; what the work before has left behind is cleared away first. */
async function atRest(product: Product): Promise<Rest> {
  await sleep(SETTLE_MS);
  const before = await processorSeconds([product.pid]);
  const started = performance.now();
  await sleep(SETTLE_MS);
  const spent = (await processorSeconds([product.pid])) - before;
  const share = spent / ((performance.now() - started) / 1000);
  return { memory: await proportionalMemory(product.pid), share };
}

const told = ({ memory, share }: Rest) => `${Math.round(memory / 1e6)} MB, ${share.toFixed(4)} cpu-s/s`;

const asleep = (person: Person, id: string) =>
  until(
    () => person.subscriptions.getServer({ params: { id } }),
    ({ state }) => state === 'asleep',
    ({ state }) => `the server is ${state}`,
    60,
  );
