import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { libraryApi } from '@ptsdly/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Person } from '../person.ts';
import { type Product, startProduct } from '../product.ts';
import { createUpload } from '../tus.ts';

/** The product with all its stores on a tmpfs that is filled to its last block: needs the right to mount. */

const mayMount = process.getuid?.() === 0;
if (!mayMount) process.stderr.write('skipped: full stores, because only root may mount a tmpfs\n');

let place: string;
let disk: string;
let product: Product;
beforeAll(async () => {
  if (!mayMount) return;
  place = await mkdtemp(join(tmpdir(), 'full-stores-'));
  disk = join(place, 'disk');
  execFileSync('mkdir', [disk]);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=96m', 'tmpfs', disk]);
  product = await startProduct({ env: { PTSDLY_DATA: disk } });
});
afterAll(async () => {
  await product?.stop();
  if (!place) return;
  execFileSync('umount', [disk]);
  await rm(place, { recursive: true, force: true });
});

/** Takes all that is left of the disk. Returns how to give it back. */
async function fill(): Promise<() => Promise<void>> {
  const path = join(disk, 'ballast');
  const { bavail, bsize } = await statfs(disk);
  await writeFile(path, Buffer.alloc(bavail * bsize)).catch(() => undefined); // its last block may be gone
  return () => rm(path);
}

test.runIf(mayMount)(
  'every service says that the disk is full, loses nothing, and goes on by itself',
  async () => {
    const owner = new Person(product.url);
    await owner.signUp();
    const server = await owner.subscribe();
    const upload = await createUpload(owner, server, 'a.mp4', 1000);
    const link = { body: { serverId: server.id, videoId: upload.videoId } };
    const first = await owner.links.createLink(link);
    const other = new Person(product.url);
    await other.signUp();
    const newcomer = new Person(product.url);
    let folders = 0;
    /** Each writes a store of its own. */
    const writes = {
      identity: () => newcomer.signUp(),
      subscriptions: () => other.subscriptions.subscribe({ body: { planId: 'starter' } }),
      links: () => owner.links.createLink(link),
      media: () => owner.call(libraryApi, server.url).createFolder({ body: { name: `가족 ${folders++}` } }),
    };

    const giveBack = await fill();
    for (const [name, write] of Object.entries(writes)) {
      // LMDB has pages of its own that are free
      const refused = async () => {
        for (let n = 0; n < 1000; n++) await write();
      };
      await expect(refused(), name).rejects.toMatchObject({ code: 'no_space', status: 507 });
    }
    // What only reads goes on.
    expect((await owner.links.getLink({ params: { id: first.id } })).code).toBe(first.code);
    expect((await owner.subscriptions.listServers({})).items).toHaveLength(1);
    await giveBack();
    for (const [name, write] of Object.entries(writes)) {
      await expect(write(), name).resolves.toBeDefined();
    }
  },
);
