import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { docker, shell, works } from './shell.ts';

const ENGINE_MS = 30_000;

/**
 * Whether there is a Docker engine here; installed (Debian, as root) and started where it may be. One line says why
 * not. In CI it must be there.
 */
export async function hasDocker(): Promise<boolean> {
  if (await works('docker', 'version')) return true;
  if (process.getuid?.() !== 0 || !(await works('which', 'apt-get')))
    return absent('it cannot be installed here');
  if (!(await works('which', 'dockerd'))) {
    await works('apt-get', 'update', '-qq');
    await works('apt-get', 'install', '-y', '-qq', '--no-install-recommends', 'docker.io');
  }
  if (!(await works('which', 'dockerd'))) return absent('docker.io could not be installed');
  const log = openSync(join(tmpdir(), 'ptsdly-lab-dockerd.log'), 'a');
  spawn('dockerd', { detached: true, stdio: ['ignore', log, log] }).unref(); // stays for the next run
  const deadline = Date.now() + ENGINE_MS;
  while (Date.now() < deadline) {
    if (await works('docker', 'version')) return true;
    await sleep(200);
  }
  return absent('dockerd does not start');
}

function absent(why: string): boolean {
  if (process.env.CI) throw new Error(`Docker is needed in CI: ${why}`);
  console.log(`Skipped: the tests on Docker Swarm (${why}).`);
  return false;
}

/** Names of containers with a label. */
export async function containersOf(label: string): Promise<string[]> {
  const names = await docker('ps', '-a', '--filter', `label=${label}`, '--format', '{{.Names}}');
  return names.split('\n').filter(Boolean);
}

export { docker, shell, works };
