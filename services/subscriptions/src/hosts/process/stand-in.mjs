// The least that a host may take for a media server; tests run it as a real child process.
import { chmodSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';

const config = JSON.parse(readFileSync(process.argv.at(-1), 'utf8'));
const { serverId, generation, socketPath, quotaBytes } = config;
const answers = { '/healthz': { serverId, generation }, '/self': { pid: process.pid, quotaBytes } };

const server = createServer((request, response) => {
  const answer = answers[request.url];
  response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' });
  response.end(JSON.stringify(answer ?? {}));
});
rmSync(socketPath, { force: true });
server.listen(socketPath, () => chmodSync(socketPath, 0o600));

const end = () => process.exit(0);
process.on('SIGTERM', end);
// It outlives a control plane that is killed, but not the folder of its test.
setInterval(() => existsSync(process.argv.at(-1)) || end(), 500);
