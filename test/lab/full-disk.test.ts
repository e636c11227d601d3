import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleProgram, openProcessRig, type ProcessRig } from '@ptsdly/media/testing/process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../person.ts';
import { sha256 } from '../tus.ts';

/** A media server whose disk is a tmpfs of 160 MB, which is filled to its last block: needs the right to mount. */

const TUS = { 'tus-resumable': '1.0.0' };
const DISK = 160;
const SIZE = 60_000_000;
const mayMount = process.getuid?.() === 0;
if (!mayMount) process.stderr.write('skipped: the full disk, because only root may mount a tmpfs\n');

let place: string;
let rig: ProcessRig;
beforeAll(async () => {
  if (!mayMount) return;
  place = await mkdtemp(join(tmpdir(), 'full-'));
  const program = join(place, 'media.mjs');
  await bundleProgram(program);
  const disk = join(place, 'disk');
  execFileSync('mkdir', [disk]);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK}m`, 'tmpfs', disk]);
  const before = process.env.TMPDIR;
  process.env.TMPDIR = disk; // where a rig makes its folder
  rig = await openProcessRig(program, { logLevel: 'warn' });
  if (before === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = before;
  await rig.start();
}, 120_000);
afterAll(async () => {
  await rig?.close();
  if (!place) return;
  execFileSync('umount', [join(place, 'disk')]);
  await rm(place, { recursive: true, force: true });
});

const create = (size: number) =>
  rig.call('POST', '/uploads', { headers: { ...TUS, 'upload-length': String(size) } });
const patch = (id: string, offset: number, body: Buffer) =>
  rig.call('PATCH', `/uploads/${id}`, {
    headers: { ...TUS, 'upload-offset': String(offset), 'content-type': 'application/offset+octet-stream' },
    body,
  });
const offsetOf = async (id: string) =>
  Number((await rig.call('HEAD', `/uploads/${id}`, { headers: TUS })).headers['upload-offset']);

/** Takes all that is left of the disk. Returns how to give it back. */
async function fill(): Promise<() => Promise<void>> {
  const path = join(rig.folder, 'ballast');
  const { bavail, bsize } = await statfs(rig.folder);
  await writeFile(path, Buffer.alloc(bavail * bsize)).catch(() => undefined); // its last block may be gone
  return () => rm(path);
}

test.runIf(mayMount)(
  'a disk that fills up: 507, nothing acknowledged is lost, and it goes on by itself',
  async () => {
    const bytes = randomBytes(SIZE);
    const tooLarge = await create(DISK * 1024 * 1024);
    expect([tooLarge.status, tooLarge.problem().code]).toEqual([507, 'no_space']);
    const { headers } = await create(SIZE);
    const id = String(headers['x-video-id']);
    const first = bytes.subarray(0, 20_000_000);
    expect((await patch(id, 0, first)).status).toBe(204);

    const giveBack = await fill();
    const refused = await patch(id, first.length, bytes.subarray(first.length));
    expect([refused.status, refused.problem().code]).toEqual([507, 'no_space']);
    expect(refused.headers['retry-after']).toBeDefined();
    const offset = await offsetOf(id);
    expect(offset).toBeGreaterThanOrEqual(first.length);
    const other = await create(1000);
    expect(other.status).toBe(507);
    await rig.kill(); // with the disk as full as it is
    await giveBack();
    await rig.start();

    const acknowledged = await offsetOf(id);
    expect(acknowledged).toBe(offset);
    expect((await patch(id, acknowledged, bytes.subarray(acknowledged))).status).toBe(204);
    await until(
      async () => (await rig.client.getVideo({ params: { id } })).sha256,
      (hash) => hash === sha256(bytes),
      (hash) => `its hash is ${hash}`,
      60,
    );
    expect((await rig.call('GET', `/videos/${id}/original`)).body.equals(bytes)).toBe(true);
    expect((await rig.client.listVideos({})).items).toHaveLength(1);
    expect(await readdir(join(rig.folder, 'spool'))).toEqual([]);
    await until(
      async () => rig.host.usage.at(-1),
      (used) => used === SIZE,
      (used) => `${used} bytes are counted`,
    );
  },
);

test.runIf(mayMount)(
  'the last byte comes while the database cannot be written: the upload is finished later, once',
  async () => {
    await rig.client.listVideos({}).then(async ({ items }) => {
      for (const { id } of items) await rig.client.deleteVideo({ params: { id } });
    });
    const bytes = randomBytes(5_000_000);
    const { headers } = await create(bytes.length);
    const id = String(headers['x-video-id']);
    const most = bytes.subarray(0, bytes.length - 10);
    expect((await patch(id, 0, most)).status).toBe(204);
    const giveBack = await fill();
    const last = await patch(id, most.length, bytes.subarray(most.length));
    expect([204, 507], rig.log()).toContain(last.status);
    await giveBack();
    if (last.status === 507) {
      const offset = await offsetOf(id);
      expect((await patch(id, offset, bytes.subarray(offset))).status).toBe(204);
    }
    await until(
      async () => (await rig.client.getVideo({ params: { id } })).sha256,
      (hash) => hash === sha256(bytes),
      (hash) => `its hash is ${hash}`,
      60,
    );
    expect((await rig.client.listVideos({})).items).toHaveLength(1);
    expect((await rig.call('GET', `/videos/${id}/original`)).body.equals(bytes)).toBe(true);
  },
);
