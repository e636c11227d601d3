import { Person } from '../test/person.ts';
import { startProduct } from '../test/product.ts';
import { type Measurement, median } from './report.ts';

const RUNS = 7;

/** Seconds from the request for a subscription to the first answer of its new server, through the gateway. */
export async function subscribing(): Promise<Measurement[]> {
  const product = await startProduct({ env: { PTSDLY_LOG: 'warn', PTSDLY_RATE_FACTOR: '0' } });
  try {
    const seconds: number[] = [];
    // The first one fills the caches, and is not counted.
    for (let run = 0; run <= RUNS; run++) {
      const person = new Person(product.url);
      await person.signUp();
      const started = performance.now();
      const server = await person.subscribe();
      await person.media(server).listVideos({});
      seconds.push((performance.now() - started) / 1000);
    }
    const conditions = {
      runs: `${RUNS}, median`,
      measure: 'POST /api/subscriptions to the answer of GET /videos, its state asked for every 25 ms',
    };
    return [{ case: 'subscribe', value: median(seconds.slice(1)), unit: 's', conditions }];
  } finally {
    await product.stop();
  }
}
