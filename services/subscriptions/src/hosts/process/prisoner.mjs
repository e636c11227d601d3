// A media server in hostile hands: it does what a test tells it, and says how that went.
import { openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { Worker } from 'node:worker_threads';

const config = JSON.parse(readFileSync(process.argv.at(-1), 'utf8'));
const { serverId, generation, socketPath, folder } = config;

const reach = (target) =>
  new Promise((resolve, reject) => {
    const socket = connect(target).once('error', reject);
    socket.once('connect', () => resolve(socket.destroy() && 'connected'));
  });

/** Threads that do nothing but use up processor time. */
let busy = [];

/** Resolves when so many of them spin. */
async function burn(threads) {
  const spin = "require('node:worker_threads').parentPort.postMessage('spins'); for (;;);";
  busy = Array.from({ length: threads }, () => new Worker(spin, { eval: true }));
  await Promise.all(busy.map((thread) => new Promise((resolve) => thread.once('message', resolve))));
}

const rest = () => Promise.all(busy.map((thread) => thread.terminate()));

const deeds = {
  '/healthz': () => ({ serverId, generation }),
  '/read': (path) => readFileSync(path, 'latin1').slice(0, 100),
  '/list': (path) => readdirSync(path).join(),
  '/write': (path) => writeSync(openSync(path, 'w'), 'x'),
  '/connect': (path) => reach({ path }),
  '/network': (port) => reach({ host: '127.0.0.1', port: Number(port) }),
  '/signal': (pid) => process.kill(Number(pid), 'SIGKILL'),
  '/burn': (threads) => burn(Number(threads)),
  '/rest': rest,
  '/status': () => readFileSync('/proc/self/status', 'utf8'),
  '/fill': (bytes) => {
    const file = openSync(`${folder}/large`, 'w');
    process.on('SIGXFSZ', () => undefined);
    return writeSync(file, Buffer.alloc(1), 0, 1, Number(bytes));
  },
  '/grow': (bytes) => {
    const kept = [];
    for (let size = 0; size < Number(bytes); size += 16e6) kept.push(Buffer.alloc(16e6, 1));
    return `grown by ${kept.length}`;
  },
};

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://x');
  try {
    response.end(JSON.stringify((await deeds[pathname](searchParams.get('x'))) ?? null));
  } catch (error) {
    response.writeHead(500).end(JSON.stringify(error.code ?? String(error)));
  }
});
rmSync(socketPath, { force: true });
server.listen(socketPath);
process.on('SIGTERM', () => process.exit(0));
