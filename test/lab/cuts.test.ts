import { execFileSync } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Person, until } from '../person.ts';
import { type Product, startProduct } from '../product.ts';
import { createUpload, patch, patchAndCut, sha256, type Upload, uploadOffset } from '../tus.ts';

/** An upload over a bad network to a server that keeps dying: it arrives once, and bit by bit the same. */

const SIZE = 96 * 1024 * 1024;
const CUTS = process.env.LAB_FULL ? 200 : 25;

let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product?.stop());

test(`${CUTS} cuts and kills at random places`, async () => {
  const owner = new Person(product.url);
  await owner.signUp();
  const server = await owner.subscribe();
  const file = randomBytes(SIZE);
  const upload = await createUpload(owner, server, 'noise.mp4', SIZE);
  let acknowledged = 0;
  for (let i = 0; i < CUTS && acknowledged < SIZE; i++) {
    const size = Math.min(SIZE - acknowledged, randomInt(1, Math.ceil((2 * SIZE) / CUTS)));
    const bytes = file.subarray(acknowledged, acknowledged + size);
    if (i % 3 === 0) {
      expect((await patch(owner, upload, acknowledged, bytes)).status).toBe(204);
      acknowledged += size;
    } else {
      await patchAndCut(product.url, owner.cookie, upload, acknowledged, bytes, randomInt(0, size));
    }
    if (i % 4 === 0) killMedia();
    const offset = await offsetOnceBack(owner, upload);
    expect(offset, 'what was acknowledged is there').toBeGreaterThanOrEqual(acknowledged);
    acknowledged = offset;
  }
  expect((await patch(owner, upload, acknowledged, file.subarray(acknowledged))).status).toBe(204);
  const original = await owner.fetch(`${server.url}/videos/${upload.videoId}/original`);
  expect(sha256(new Uint8Array(await original.arrayBuffer()))).toBe(sha256(file));
  const { items } = await owner.media(server).listVideos({});
  expect(items).toHaveLength(1);
  await until(
    () => owner.subscriptions.getServer({ params: { id: server.id } }),
    ({ usedBytes }) => usedBytes === SIZE,
    ({ usedBytes }) => `${usedBytes} bytes are counted`,
  );
});

function killMedia(): void {
  const lines = execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' }).split('\n');
  for (const line of lines.filter((text) => text.includes(product.data) && text.includes('config.json'))) {
    process.kill(Number.parseInt(line, 10), 'SIGKILL');
  }
}

/** The host brings a killed server back after a pause that grows with each kill. */
function offsetOnceBack(owner: Person, upload: Upload): Promise<number> {
  return until(
    () => uploadOffset(owner, upload).catch(() => -1),
    (offset) => offset >= 0,
    () => 'the media server did not come back',
    60,
  );
}
