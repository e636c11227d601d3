// Preloaded into a control plane (`node --import`): kills it (SIGKILL) before or after its nth external call, which is
// one to the file system below its servers and sockets, a process that it starts, or one that it ends.
// In its URL, `below`: such a folder, once or more often; `arm`: counting begins when this file is there; n stands in it.
import childProcess from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { searchParams } = new URL(import.meta.url);
const below = searchParams.getAll('below');
const arm = searchParams.get('arm') ?? '';
let count = 0;

/** Two moments a call: before and after. */
function moment(name: string): void {
  if (!realExists(arm)) return;
  count += 1;
  if (count !== Number(realRead(arm, 'utf8'))) return;
  realWrite(`${arm}.at`, name);
  process.kill(process.pid, 'SIGKILL');
}

const [realExists, realRead, realWrite] = [fs.existsSync, fs.readFileSync, fs.writeFileSync];

const isOurs = (path: unknown) =>
  typeof path === 'string' && path !== arm && below.some((folder) => path.startsWith(folder));

type Call = (...args: unknown[]) => unknown;

function watch(target: object, name: string, counts: (args: unknown[]) => boolean): void {
  const calls = target as Record<string, Call>;
  const real = calls[name] as Call;
  calls[name] = function watched(this: unknown, ...args: unknown[]) {
    if (!counts(args)) return real.apply(this, args);
    moment(`before ${name}`);
    const result = real.apply(this, args);
    if (!(result instanceof Promise)) {
      moment(`after ${name}`);
      return result;
    }
    return result.then((value: unknown) => {
      moment(`after ${name}`);
      return value;
    });
  };
}

for (const name of ['mkdir', 'writeFile', 'rename', 'rm']) watch(fs.promises, name, ([path]) => isOurs(path));
for (const name of ['writeFileSync', 'renameSync', 'rmSync', 'mkdirSync'])
  watch(fs, name, ([path]) => isOurs(path));
watch(childProcess, 'spawn', () => true);
watch(process, 'kill', ([, signal]) => signal !== 0);
syncBuiltinESMExports();
