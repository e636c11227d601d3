import { createServiceTokens, silentLog } from '@ptsdly/kit';
import { openLinks } from '../service.ts';

/** One of several processes that open the same link at once; prints how many views it got, and what it was refused with. */
const [kvUrl = '', code = '', count = '0'] = process.argv.slice(2);
const away = { fetch: async () => new Response(null, { status: 503 }) };
const links = await openLinks({
  kvUrl,
  baseUrl: 'http://localhost:8080',
  log: silentLog,
  tokens: createServiceTokens('test', Buffer.alloc(32, 7)),
  identity: away,
  subscriptions: away,
});
process.stdout.write('ready\n');
await new Promise((resolve) => process.stdin.once('data', resolve));
const open = () =>
  links
    .fetch(new Request(`http://service/api/links/${code}/open`, { method: 'POST' }))
    .then(({ status }) => status);
const statuses = await Promise.all(Array.from({ length: Number(count) }, open));
process.stdout.write(`${JSON.stringify(statuses)}\n`, () => process.exit(0));
