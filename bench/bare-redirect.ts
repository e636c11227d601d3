// `node bare-redirect.ts <port>`: the least that node:http can do, the same 302 to everything.
import { createServer } from 'node:http';

const headers = ['location', '/watch/abcdefghijkm', 'cache-control', 'no-store', 'content-length', '0'];

createServer((_, response) => response.writeHead(302, headers).end()).listen(
  Number(process.argv[2]),
  '127.0.0.1',
);
