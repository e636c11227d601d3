// The least that a host may take for a media server on a machine of its own.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const { serverId, generation, listen } = JSON.parse(readFileSync(process.argv.at(-1), 'utf8'));
const server = createServer((request, response) => {
  response.writeHead(request.url === '/healthz' ? 200 : 404, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ serverId, generation }));
});
server.listen(listen.port, listen.host);
process.on('SIGTERM', () => process.exit(0));
