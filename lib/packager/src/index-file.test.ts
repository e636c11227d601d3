import { describe, expect, it } from 'vitest';
import { box, uint32 } from './box-writer.ts';
import { crc32 } from './crc32.ts';
import { decodeIndex, encodeIndex } from './index-file.ts';
import { indexSource } from './index-source.ts';
import { bytesSource } from './source.ts';
import { audioPlan, avcEntry, buildMovie, videoPlan } from './testing/movie.ts';
import { VarintReader, VarintWriter } from './varint.ts';

describe('an index file', () => {
  it.each([
    ['video and sound', [videoPlan({ ctts: [50, 2, 50, 1], perChunk: 7 }), audioPlan({ perChunk: 3 })]],
    ['kept boxes', [videoPlan({ entry: avcEntry('avc1', box('pasp', uint32(4, 3))) })]],
    ['only sync samples', [videoPlan({ stss: undefined })]],
    ['sound alone, with a language', [audioPlan({ language: 0x15c7, elst: [[0, 5000, 1]] })]],
  ])('gives back what was put in: %s', async (_, plans) => {
    const index = await indexSource(bytesSource(buildMovie(plans)));
    expect(decodeIndex(encodeIndex(index))).toEqual(index);
  });

  it('is refused when of another kind or version', async () => {
    const bytes = encodeIndex(await indexSource(bytesSource(buildMovie([videoPlan()]))));
    expect(() => decodeIndex(new Uint8Array(0))).toThrow('no index');
    expect(() => decodeIndex(new Uint8Array(100))).toThrow('no index');
    for (const version of [1, 2, 99]) {
      bytes[4] = version;
      expect(() => decodeIndex(bytes)).toThrow(expect.objectContaining({ code: 'outdated_index' }));
    }
  });
});

describe('variable-length integers', () => {
  it('keep their value', () => {
    const values = [0, 1, 127, 128, 2 ** 31, 2 ** 32, 2 ** 51];
    const writer = new VarintWriter();
    for (const value of values) {
      writer.unsigned(value);
      writer.signed(value);
      writer.signed(-value);
    }
    const reader = new VarintReader(writer.finish());
    for (const value of values) {
      expect([reader.unsigned(), reader.signed(), reader.signed()]).toEqual([
        value,
        value,
        value ? -value : 0,
      ]);
    }
    expect(() => reader.unsigned()).toThrow('damaged');
  });
});

it('the checksum is the usual CRC-32', () => {
  expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
});
