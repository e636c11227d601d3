import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually, openRig, type Rig } from '../testing/server.ts';
import { announce } from '../testing/tus-calls.ts';

const SAMPLES = 1_500_000;
const SAMPLE_BYTES = 200;
/** Sidecars whose indexes, of three megabytes each, do not all fit into the sixteen that arrivals have. */
const UPLOADS = 7;

const u32 = (...values: number[]) => {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value, i * 4);
  return bytes;
};
const box = (type: string, ...content: Uint8Array[]) => {
  const body = Buffer.concat(content);
  return Buffer.concat([u32(8 + body.length), Buffer.from(type, 'latin1'), body]);
};
const full = (type: string, ...content: Uint8Array[]) => box(type, u32(0), ...content);

/** A movie header of many hours of AAC, packet by packet. */
function largeMoov(): Buffer {
  const config = Buffer.from(
    '0319000100041140150000000000000000000000050211900601 02'.replace(' ', ''),
    'hex',
  );
  const entry = box('mp4a', u32(0, 1, 0, 0, 0x0002_0010, 0, 48_000 * 65_536), full('esds', config));
  const sizes = Buffer.alloc(SAMPLES * 4);
  for (let i = 0; i < SAMPLES; i++) sizes.writeUInt32BE(SAMPLE_BYTES - (i % 2), i * 4);
  const tables = [
    full('stts', u32(1, SAMPLES, 1024)),
    full('stsz', u32(0, SAMPLES), sizes),
    full('stsc', u32(1, 1, SAMPLES, 1)),
    full('stco', u32(1, 100)),
  ];
  const stbl = box('stbl', full('stsd', u32(1), entry), ...tables);
  const mdhd = full('mdhd', u32(0, 0, 48_000, 0, 0));
  const hdlr = full('hdlr', u32(0), Buffer.from('soun'), Buffer.alloc(12));
  const mdia = box('mdia', mdhd, hdlr, box('minf', stbl));
  return box('moov', full('mvhd', u32(0, 0, 1000, 0), Buffer.alloc(80)), box('trak', mdia));
}

let rig: Rig;
beforeAll(async () => {
  rig = await openRig({ quotaBytes: 20e9 });
});
afterAll(() => rig?.close());

it('keeps no more indexes in memory than it has room for, and has room again', {
  timeout: 90_000,
}, async () => {
  const moov = largeMoov();
  const size = 100 + SAMPLES * SAMPLE_BYTES;
  const ids: string[] = [];
  const statuses: number[] = [];
  for (let i = 0; i < UPLOADS; i++) {
    const id = await announce(rig, size);
    ids.push(id);
    statuses.push((await rig.call('PUT', `/uploads/${id}/moov`, { body: moov })).status);
  }
  const taken = statuses.filter((status) => status === 204).length;
  expect(taken).toBeGreaterThan(2);
  expect(taken).toBeLessThan(UPLOADS);
  expect(statuses).toEqual(Array.from({ length: UPLOADS }, (_, i) => (i < taken ? 204 : 503)));
  await rig.client.deleteVideo({ params: { id: ids[0] ?? '' } });
  await eventually(async () => {
    const { status } = await rig.call('PUT', `/uploads/${ids[taken]}/moov`, { body: moov });
    return status === 204;
  });
});
