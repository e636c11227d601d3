// A control plane in a process of its own, for tests that kill it amid a charge:
// `node billing-plane.ts <folder> <moment> <url> <key> <webhook secret>`. It subscribes, says the checkout (JSON), and
// reads what came of it from its standard input; with that it charges. It is killed (SIGKILL) at that moment of its calls
// to the provider; there are two a call, before and after.
import { once } from 'node:events';
import { paymentsOf } from './payments.ts';
import { callsOf, openPeers, testOptions } from './service.ts';

const [folder = '', nth = '', url = '', key = '', webhookSecret = ''] = process.argv.slice(2);
const killAt = Number(nth);
const realFetch = globalThis.fetch;
let [isArmed, passed] = [false, 0];

function moment(): void {
  if (isArmed && ++passed === killAt) process.kill(process.pid, 'SIGKILL');
}

globalThis.fetch = async (...call) => {
  moment();
  const response = await realFetch(...call);
  const body = await response.arrayBuffer();
  moment();
  return new Response(body, response);
};

const { openSubscriptions } = await import('../service.ts');
const peers = await openPeers();
const payments = paymentsOf({ url, key, webhookSecret });
const service = await openSubscriptions({ ...testOptions(folder, peers), payments });
const ann = callsOf(service, peers).as('ann');
const { id } = await ann.subscribe({ body: { planId: 'plus' } });
const begun = await ann.checkout({ params: { id }, body: {} });
process.stdout.write(`${JSON.stringify(begun)}\n`);
const [reference] = (await once(process.stdin, 'data')) as [Buffer];
isArmed = true;
await ann.setMethod({ params: { id }, body: { reference: String(reference).trim() } });
process.stdout.write('done\n');
