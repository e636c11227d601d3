import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

/** Notes every file that is loaded by whoever opens a database in a file, as each media server does. */
const program = `
  const { registerHooks } = await import('node:module');
  const loaded = [];
  registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
  const { openDatabase } = await import(process.argv[1]);
  await (await openDatabase('sqlite::memory:', {})).destroy();
  console.log(JSON.stringify(loaded));
`;

test('a database in a file loads nothing of the driver of MariaDB', () => {
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program];
  const index = new URL('./index.ts', import.meta.url).href;
  const { stdout } = spawnSync(process.execPath, [...args, index], { encoding: 'utf8' });
  const loaded: string[] = JSON.parse(stdout);
  expect(loaded.some((url) => url.endsWith('/sqlite.ts'))).toBe(true);
  expect(loaded.filter((url) => /mysql2|mariadb\.ts/.test(url))).toEqual([]);
});
