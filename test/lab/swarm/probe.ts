import type { Peer } from '@ptsdly/kit';
import { reach } from '@ptsdly/kit';
import { IMAGE } from './image.ts';
import type { Node } from './nodes.ts';

const PORT = 3128;
const GOSSIP_MS = 15_000;
/**
 * Passes a request without a body on to where `x-to` says; runs on the network of the servers. A name and a way to a
 * container that has just come reach the other nodes by gossip, so what is not there yet is asked again for a while.
 */
const PROGRAM = `
const http = require('node:http');
http.createServer((request, response) => {
  const to = new URL(request.url, request.headers['x-to']);
  const deadline = Date.now() + ${GOSSIP_MS};
  const ask = () => {
    const onward = http.request(to, { method: request.method, agent: false }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', (error) => {
      if (Date.now() < deadline) return setTimeout(ask, 200);
      response.writeHead(502).end(JSON.stringify({ title: String(error) }));
    });
    onward.end();
  };
  ask();
}).listen(${PORT});`;

/** Reaches addresses on an overlay network, to which this machine does not belong. */
export async function openProbe(node: Node, network: string): Promise<(address: string) => Peer> {
  const run = ['run', '-d', '--network', network, '-p', `${PORT}:${PORT}`, '--entrypoint', 'node'];
  await node.docker(...run, IMAGE, '-e', PROGRAM);
  const { fetch, baseUrl } = reach(`http://${node.ip}:${PORT}`);
  return (address) => ({
    baseUrl,
    fetch: (request) => {
      request.headers.set('x-to', address);
      return fetch(request);
    },
  });
}
