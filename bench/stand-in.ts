// `stand-in.ts PORT`: what stands behind the gateway while that is measured: 1 KB of JSON, a media server that gives and
// takes as many bytes as one likes, and a subscriptions that knows it.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

const port = Number(process.argv[2]);
const json = JSON.stringify({ items: [], filler: 'x'.repeat(1000 - 26) });
const piece = Buffer.alloc(256 * 1024, 'movie');

createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://stand-in');
  if (url.pathname.startsWith('/internal/')) return answerInternal(url, response);
  if (url.searchParams.has('bytes')) return give(response, Number(url.searchParams.get('bytes')));
  if (request.method === 'PATCH') return take(request, response);
  sendJson(response, json);
}).listen(port, '127.0.0.1');

function answerInternal({ pathname, searchParams }: URL, response: ServerResponse): void {
  if (pathname === '/internal/events') {
    setTimeout(
      () => sendJson(response, '{"items":[],"next":0}'),
      Number(searchParams.get('wait') ?? 0) * 1000,
    );
    return;
  }
  const address = `http://127.0.0.1:${port}`;
  sendJson(response, JSON.stringify({ id: 'server', slug: 'abc', ownerId: 'u', state: 'ready', address }));
}

function sendJson(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

function give(response: ServerResponse, bytes: number): void {
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': bytes });
  let left = bytes;
  const write = () => {
    while (left > 0) {
      const part = left < piece.length ? piece.subarray(0, left) : piece;
      left -= part.length;
      if (!response.write(part)) return void response.once('drain', write);
    }
    response.end();
  };
  write();
}

function take(request: IncomingMessage, response: ServerResponse): void {
  request.on('data', () => undefined);
  request.on('end', () => response.writeHead(204).end());
}
