import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@ptsdly/kit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hasFfmpeg, makeClip } from '../testing/fixtures.ts';
import { Indexer } from './indexer.ts';

/** Bytes that a file may cost over what the process has anyway. */
const MEMORY = 600 * 1024 * 1024;
const SECONDS = 25;

const u32 = (...values: number[]) => {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, i * 4);
  return bytes;
};
const box = (type: string, ...content: Uint8Array[]) => {
  const body = Buffer.concat(content);
  return Buffer.concat([u32(8 + body.length), Buffer.from(type, 'latin1'), body]);
};
const full = (type: string, ...content: Uint8Array[]) => box(type, u32(0), ...content);
const ftyp = box('ftyp', Buffer.from('isom'), u32(0));

/** A movie of one sound track with these tables. */
function movie(tables: Uint8Array[], media: Uint8Array = Buffer.alloc(0)): Buffer {
  const entry = box('sowt', Buffer.alloc(16), u32(0x0002_0010, 0, 48_000 * 65_536));
  const stbl = box('stbl', full('stsd', u32(1), entry), ...tables);
  const mdhd = full('mdhd', u32(0, 0, 48_000, 0, 0));
  const mdia = box(
    'mdia',
    mdhd,
    full('hdlr', u32(0), Buffer.from('soun'), Buffer.alloc(12)),
    box('minf', stbl),
  );
  const moov = box('moov', full('mvhd', u32(0, 0, 1000, 0), Buffer.alloc(80)), box('trak', mdia));
  return Buffer.concat([ftyp, moov, box('mdat', media)]);
}

/** A box in a box in a box… */
function nested(depth: number): Buffer {
  const bytes = Buffer.alloc(depth * 8);
  for (let i = 0; i < depth; i++) {
    bytes.writeUInt32BE((depth - i) * 8, i * 8);
    bytes.write(i === 0 ? 'moov' : i === 1 ? 'trak' : 'mdia', i * 8 + 4, 'latin1');
  }
  return Buffer.concat([ftyp, bytes]);
}

const repeated = (piece: Uint8Array, times: number) => Buffer.concat(Array<Uint8Array>(times).fill(piece));
const EBML = Buffer.from('1a45dfa380', 'hex');
const OPEN = Buffer.from('01ffffffffffffff', 'hex');
const segment = Buffer.concat([Buffer.from('18538067', 'hex'), OPEN]);
const cluster = Buffer.concat([Buffer.from('1f43b675', 'hex'), OPEN]);
const tracks = Buffer.from('1654ae6b8aae88d7810183810286 8141'.replaceAll(' ', ''), 'hex');
const fragmented = box('moov', full('mvhd', u32(0, 0, 1000, 0), Buffer.alloc(80)), box('mvex'));

const files: Record<string, () => Buffer> = {
  'two thousand million frames of sound': () =>
    movie([
      full('stts', u32(1, 0x7fff_ffff, 1)),
      full('stsz', u32(4, 0x7fff_ffff)),
      full('stsc', u32(1, 1, 1, 1)),
      full('stco', u32(1, 0)),
    ]),
  'a chunk of all frames a million times': () =>
    movie(
      [
        full('stts', u32(1, 0x7fff_ffff, 1)),
        full('stsz', u32(1, 0x7fff_ffff)),
        full('stsc', u32(1, 1, 0x7fff_ffff, 1)),
        full('stco', u32(200_000), Buffer.alloc(4_000_000)),
      ],
      Buffer.alloc(200_000),
    ),
  'nothing but tiny samples': () =>
    movie([
      full('stts', u32(1, 3_000_000, 1)),
      full('stsz', u32(0, 3_000_000), Buffer.alloc(3_000_000 * 4)),
      full('stsc', u32(1, 1, 3_000_000, 1)),
      full('stco', u32(1, 100)),
    ]),
  'a table larger than its box': () => movie([full('stts', u32(0x4000_0000))]),
  'a million boxes in one another': () => nested(200_000),
  'a million empty boxes': () => Buffer.concat([ftyp, repeated(box('free'), 200_000)]),
  'a million empty boxes behind a header of fragments': () =>
    Buffer.concat([ftyp, fragmented, repeated(box('free'), 200_000)]),
  'a million fragments of nothing': () => Buffer.concat([ftyp, fragmented, repeated(box('moof'), 200_000)]),
  'segments of open size in one another': () => Buffer.concat([EBML, repeated(segment, 200_000)]),
  'clusters of open size in one another': () =>
    Buffer.concat([EBML, segment, tracks, repeated(cluster, 200_000)]),
  'tracks of a gigabyte': () =>
    Buffer.concat([EBML, segment, Buffer.from('1654ae6b0100000040000000', 'hex'), Buffer.alloc(1000)]),
  'a transport stream of one table': () => {
    const packet = Buffer.alloc(188, 0xff);
    packet.set([0x47, 0x40, 0x00, 0x10, 0xff]);
    return repeated(packet, 100_000);
  },
};

describe.skipIf(!hasFfmpeg)('a hostile file costs the index thread little time and memory', () => {
  let folder: string;
  let clip: string;
  let clipSize = 0;
  let indexer: Indexer;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hostile-'));
    clip = join(folder, 'clip.mp4');
    const bytes = makeClip({ duration: 1 });
    clipSize = bytes.length;
    writeFileSync(clip, bytes);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  beforeEach(() => {
    indexer = new Indexer(new URL('../main.ts', import.meta.url), silentLog);
  });
  afterEach(() => indexer.close());

  const index = async (path: string, size: number, arrived = size) => {
    const fd = openSync(path, 'r');
    try {
      return await indexer.index({ fd, size, arrived, id: 'file' });
    } finally {
      closeSync(fd);
    }
  };

  it.each(Object.entries(files))('%s', { timeout: 90_000 }, async (_, make) => {
    const bytes = make();
    const path = join(folder, 'hostile.bin');
    writeFileSync(path, bytes);
    await index(clip, clipSize); // the thread has started
    const before = process.memoryUsage().rss;
    let most = before;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss);
    }, 20);
    const started = performance.now();
    const arriving = await index(path, bytes.length + 1_000_000, bytes.length);
    const whole = await index(path, bytes.length);
    const seconds = (performance.now() - started) / 1000;
    clearInterval(watch);
    expect(arriving.ok && 'index' in arriving ? arriving.growing : arriving.ok).toBe(false);
    if (!whole.ok)
      expect(whole.code).toMatch(/^(corrupt|truncated|not_media|unsupported_\w+|limits_exceeded)$/);
    expect(seconds).toBeLessThan(SECONDS);
    expect(most - before).toBeLessThan(MEMORY);
    const next = openSync(clip, 'r');
    expect(await indexer.index({ fd: next, size: clipSize })).toMatchObject({ ok: true });
    closeSync(next);
  });

  it('a sparse file of ten terabytes', async () => {
    const path = join(folder, 'sparse.mp4');
    const fd = openSync(path, 'w');
    const mdat = Buffer.concat([u32(1), Buffer.from('mdat'), u32(2000, 0)]);
    writeSync(fd, Buffer.concat([ftyp, mdat]));
    ftruncateSync(fd, 9 * 2 ** 40);
    closeSync(fd);
    const answer = await index(path, 9 * 2 ** 40);
    expect(answer).toMatchObject({ ok: false, code: 'truncated' });
  });
});
