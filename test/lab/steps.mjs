// Loaded before the media program (`--import`): counts what the process does to the world outside it (files, database,
// requests) from SIGUSR2 on, notes each deed, and kills the process (-9) before the one that it was told. So the steps
// of a work are not written down anywhere: a new one is counted as soon as it is done.
import fs from 'node:fs';
import http from 'node:http';
import { createRequire, syncBuiltinESMExports } from 'node:module';

const { searchParams } = new URL(import.meta.url);
const [note, fatal] = [searchParams.get('note'), Number(searchParams.get('kill'))];
const { writeSync, openSync } = fs;
const log = openSync(note, 'a');
let armed = false;
let count = 0;
process.on('SIGUSR2', () => {
  armed = true;
  writeSync(log, 'armed\n');
});

/** About to do something that a crash may come before. */
function deed(name) {
  if (!armed) return;
  count++;
  writeSync(log, `${name}\n`);
  if (count === fatal) process.kill(process.pid, 'SIGKILL');
}

/** @param {object} owner @param {string} name @param {(...args: unknown[]) => string | undefined} describe */
function watch(owner, name, describe) {
  const real = owner[name];
  owner[name] = function (...args) {
    const what = describe(...args);
    if (what !== undefined) deed(what);
    return real.apply(this, args);
  };
}

/** The last part of a path, without ids. */
const nameOf = (path) =>
  String(path)
    .split('/')
    .at(-1)
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, '<id>')
    .replace(/\d+/g, 'n');
const CREATES = fs.constants.O_CREAT | fs.constants.O_WRONLY | fs.constants.O_RDWR;
const writes = (flags) => (typeof flags === 'number' ? (flags & CREATES) !== 0 : /[wa+]/.test(flags ?? 'r'));

for (const suffix of ['', 'Sync']) {
  watch(fs, `rename${suffix}`, (_, to) => `rename to ${nameOf(to)}`);
  watch(fs, `unlink${suffix}`, (path) => `unlink ${nameOf(path)}`);
  watch(fs, `rm${suffix}`, (path) => `rm ${nameOf(path)}`);
  watch(fs, `ftruncate${suffix}`, () => 'truncate');
  watch(fs, `open${suffix}`, (path, flags) => (writes(flags) ? `open ${nameOf(path)}` : undefined));
  watch(fs, `writev${suffix}`, () => 'write');
  watch(fs, `fdatasync${suffix}`, () => 'sync');
}
for (const name of ['rename', 'link', 'copyFile']) {
  watch(fs.promises, name, (_, to) => `${name} to ${nameOf(to)}`);
}
for (const name of ['unlink', 'rm', 'rmdir']) watch(fs.promises, name, (path) => `${name} ${nameOf(path)}`);
watch(fs.promises, 'open', (path, flags) => (writes(flags) ? `open ${nameOf(path)}` : undefined));
watch(http, 'request', (to, more) => {
  const { method, path, socketPath } = typeof to === 'string' ? { path: new URL(to).pathname, ...more } : to;
  return socketPath ? undefined : `${method} ${nameOf(path.split('?')[0])}`;
});

const { StatementSync } = createRequire(import.meta.url)('node:sqlite');
let within = false;
const run = StatementSync.prototype.run;
StatementSync.prototype.run = function (...args) {
  const sql = this.sourceSQL;
  if (/^(begin|commit|rollback)/i.test(sql)) {
    within = /^begin/i.test(sql);
    if (/^commit/i.test(sql)) deed('commit');
  } else if (!within && /^(insert|update|delete)/i.test(sql)) deed(sql.split(' ').slice(0, 3).join(' '));
  return run.apply(this, args);
};
syncBuiltinESMExports();
