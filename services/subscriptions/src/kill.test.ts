import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSubscriptions } from './service.ts';
import { callsOf, openPeers, testFolder, testOptions } from './testing/service.ts';

let folder: ReturnType<typeof testFolder>;
beforeEach(() => {
  folder = testFolder();
});
afterEach(() => folder.remove());

/** Media servers of this test that run: processes whose command names its folder; the outer end of a sandbox is none. */
function mediaServers(): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      return command.includes(`${folder.path}/servers/`) && !command.startsWith('bwrap\0');
    } catch {
      return false;
    }
  });
}

/** A real kill -9 of a real control plane with real children, some time after it has said yes. */
test.each([0, 10, 30, 60, 100, 200])(
  'killed %i ms after the answer, it comes back with exactly one server',
  async (delay) => {
    const script = fileURLToPath(new URL('./testing/control-plane.ts', import.meta.url));
    const stdio = ['ignore', 'pipe', 'inherit'] as const;
    const plane = spawn(process.execPath, [script, folder.path], { stdio: [...stdio] });
    await once(plane.stdout as NodeJS.ReadableStream, 'data');
    await sleep(delay);
    plane.kill('SIGKILL');
    await once(plane, 'exit');

    const peers = await openPeers();
    const service = await openSubscriptions(testOptions(folder.path, peers));
    const servers = async () => (await callsOf(service, peers).as('ann').listServers({})).items;
    const address = async () => {
      const [server] = await servers();
      const found = { params: { id: server?.id as string } };
      return (await callsOf(service, peers).internal.serverById(found)).address;
    };
    await expect.poll(address, { timeout: 15_000, interval: 20 }).not.toBeNull();
    expect(await servers()).toHaveLength(1);
    await expect.poll(mediaServers, { timeout: 5000 }).toHaveLength(1);
    expect(readdirSync(`${folder.path}/servers`)).toHaveLength(2); // the server and the notes of processes
    await service.close();
    expect(mediaServers()).toEqual([]);
  },
);
