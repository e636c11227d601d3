// What every command does first, on the Node that is there (20 or newer): install what is missing.
// Plain JavaScript without dependencies, because nothing is installed yet.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
const stamps = join(root, 'node_modules', '.cache', 'ptsdly');
const bin = join(root, 'node_modules', '.bin');

/** Packages from the registry, when the lock file changed since the last time. */
export function installPackages() {
  const lock = digest(['package-lock.json']);
  if (readStamp('packages') === lock && existsSync(join(bin, 'node'))) return;
  console.log('Installing packages …');
  // Not `npm ci`: the lock names the platform's own binaries only of the machine that wrote it (Linux with glibc),
  // and elsewhere npm must be free to add its own. --no-save leaves the lock file as it is.
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
  if (process.platform !== 'linux') args.push('--no-package-lock');
  const done = spawnSync('npm', args, { cwd: root, stdio: 'inherit' });
  if (done.status !== 0) fail('npm could not install the packages (see above).');
  writeStamp('packages', lock);
}

/** Debian packages, where we may: as root with apt-get. Says plainly what is missing otherwise. */
export function installDebian(programs) {
  const missing = Object.entries(programs).filter(([program]) => !has(program));
  if (missing.length === 0) return true;
  const names = missing.map(([, name]) => name);
  const may = process.getuid?.() === 0 && has('apt-get');
  if (may && readStamp('debian') !== names.join()) {
    console.log(`Installing ${names.join(', ')} …`);
    const options = { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
    spawnSync('apt-get', ['update', '-qq'], options);
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names], options);
  }
  const still = missing.filter(([program]) => !has(program)).map(([, name]) => name);
  if (still.length === 0) return true;
  writeStamp('debian', names.join()); // asked once and refused: do not wait for it at every start
  console.log(`Missing: ${still.join(', ')}. PTSD.ly runs without; install it for posters and transcoding.`);
  return false;
}

/** Builds the web app and the media server's bundle, each when its sources changed. */
export function build({ force = false } = {}) {
  const contract = ['lib/contract/src', 'package-lock.json'];
  step(
    'web',
    [
      ...contract,
      'web/src',
      'web/public',
      'web/index.html',
      'web/watch.html',
      'web/vite.config.ts',
      'web/compression.ts',
    ],
    {
      made: 'web/dist/watch.html',
      what: 'the web app',
      run: () => tool('vite', ['build', '--logLevel', 'warn'], join(root, 'web')),
      force,
    },
  );
  step(
    'media',
    [
      ...[...contract, 'lib/kit/src', 'lib/db/src', 'lib/packager/src', 'lib/transcoder/src'],
      ...['services/media/src', 'ptsdly/src/media.ts', 'scripts/media.mjs'],
    ],
    {
      made: 'services/media/dist/media.mjs',
      what: 'the media server',
      run: () => tool('node', ['scripts/media.mjs']),
      force,
    },
  );
}

function step(name, sources, { made, what, run, force }) {
  const now = digest(sources);
  if (!force && readStamp(name) === now && existsSync(join(root, made))) return;
  console.log(`Building ${what} …`);
  run();
  writeStamp(name, now);
}

/** Runs a program of node_modules/.bin to its end; the project's own Node comes first on the path. */
export function tool(program, args, cwd = root) {
  const done = spawnSync(join(bin, program), args, { cwd, stdio: 'inherit', env: withNode() });
  if (done.status !== 0) process.exit(done.status ?? 1);
}

/** Runs a long-lived program; signals go to it, and its end is ours. */
export function become(program, args) {
  const child = spawn(join(bin, program), args, { cwd: root, stdio: 'inherit', env: withNode() });
  process.on('SIGINT', () => undefined); // the terminal tells the child as well; we wait for it
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.on('SIGHUP', () => child.kill('SIGTERM'));
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 0)));
}

export function withNode() {
  return { ...process.env, PATH: `${bin}:${process.env.PATH}` };
}

export function has(program) {
  return spawnSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status === 0;
}

/** A hash over the content of files and folders. */
function digest(paths) {
  const hash = createHash('sha256').update(process.version.split('.')[0]);
  const visit = (path) => {
    const full = join(root, path);
    if (!existsSync(full)) return;
    if (statSync(full).isDirectory()) {
      for (const name of readdirSync(full).sort()) visit(join(path, name));
    } else {
      hash.update(path).update(readFileSync(full));
    }
  };
  for (const path of paths) visit(path);
  return hash.digest('hex');
}

function readStamp(name) {
  const file = join(stamps, name);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function writeStamp(name, value) {
  mkdirSync(dirname(join(stamps, name)), { recursive: true });
  writeFileSync(join(stamps, name), value);
}

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

/** The commit that is checked out, for benchmark conditions. */
export function revision() {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}
