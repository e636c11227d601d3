// `npm test`: type check, lint, build, then all tests; `--lab` runs the heavy ones instead, `--full` longer.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { build, installDebian, installPackages, root, tool, withNode } from './setup.mjs';

const ours = ['--lab', '--full'];
const args = process.argv.slice(2).filter((arg) => !ours.includes(arg));
const lab = process.argv.includes('--lab');
const full = process.argv.includes('--full');

installPackages();
installDebian({
  ffmpeg: 'ffmpeg',
  bwrap: 'bubblewrap',
  chromium: 'chromium',
  nginx: 'nginx',
  'redis-server': 'redis-server',
  mariadbd: 'mariadb-server-core',
  mariadb: 'mariadb-client-core',
});
if (lab) {
  installDebian({ radosgw: 'radosgw', 'ceph-mon': 'ceph-mon', 'ceph-osd': 'ceph-osd', curl: 'curl' });
  installDebian({ pebble: 'pebble' });
}
build();
if (!lab) {
  tool('tsc', ['--noEmit']);
  tool('tsc', ['--noEmit', '-p', 'web']);
  tool('biome', ['check', '--error-on-warnings']);
}
const config = lab ? 'vitest.lab.config.ts' : 'vitest.config.ts';
const done = spawnSync(join(root, 'node_modules/.bin/vitest'), ['run', '--config', config, ...args], {
  cwd: root,
  stdio: 'inherit',
  env: { ...withNode(), ...(full ? { LAB_FULL: '1' } : {}) },
});
process.exit(done.status ?? 1);
