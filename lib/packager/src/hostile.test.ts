import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ascii, box, fullBox, join, uint32, zeros } from './box-writer.ts';
import { PackagerError } from './error.ts';
import { decodeIndex, encodeIndex } from './index-file.ts';
import { indexSource } from './index-source.ts';
import { indexMovie } from './movie.ts';
import { obstacleOf } from './playability.ts';
import { createPresentation } from './presentation.ts';
import { readSegment } from './segment-reader.ts';
import { type ByteSource, bytesSource } from './source.ts';
import { aacEntry, audioPlan, buildMovie, esds, videoPlan } from './testing/movie.ts';

const movie = buildMovie([
  videoPlan({
    ctts: [50, 2, 50, 1],
    elst: [
      [0, -1, 1],
      [9000, 2, 1],
    ],
    perChunk: 7,
  }),
  audioPlan({ elst: [[10000, 4800, 1]], perChunk: 3 }),
]);

/** Takes a file through the whole engine; returns the code of its refusal, or nothing. */
async function outcome(source: ByteSource): Promise<string | undefined> {
  try {
    const index = decodeIndex(encodeIndex(await indexSource(source)));
    const presentation = createPresentation(index);
    presentation.masterPlaylist();
    for (const { id, segmentCount } of presentation.tracks) {
      presentation.initSegment(id);
      presentation.mediaPlaylist(id);
      for (let n = 0; n < segmentCount; n++) await readSegment(source, presentation.segment(id, n));
    }
    return undefined;
  } catch (error) {
    if (error instanceof PackagerError) return error.code;
    throw error;
  }
}

/** The bytes with `value` written over the first occurrence of a box type, `skip` bytes behind it. */
function patched(type: string, skip: number, ...value: number[]): Uint8Array {
  const bytes = movie.slice();
  bytes.set(uint32(...value), Buffer.from(movie).indexOf(type) + 4 + skip);
  return bytes;
}

describe('a file that is no MP4', () => {
  it.each([
    ['nothing', new Uint8Array(0), 'not_media'],
    ['three bytes', new Uint8Array(3), 'not_media'],
    ['zeros', zeros(5000), 'not_media'],
    ['text', ascii('It was a dark and stormy night. '.repeat(20)), 'not_media'],
    ['Matroska without anything', join([Uint8Array.of(0x1a, 0x45, 0xdf, 0xa3), zeros(500)]), 'truncated'],
    ['AVI', join([ascii('RIFF'), zeros(500)]), 'unsupported_container'],
    ['a picture', join([box('ftyp', ascii('heic'), zeros(4)), box('meta', zeros(400))]), 'not_media'],
    [
      'only a brand and media',
      join([box('ftyp', ascii('isom'), zeros(4)), box('mdat', zeros(9))]),
      'truncated',
    ],
  ])('%s is refused', async (_, bytes, code) => {
    expect(await outcome(bytesSource(bytes))).toBe(code);
  });
});

describe('a movie that lies', () => {
  it('plays when it does not', async () => {
    expect(await outcome(bytesSource(movie))).toBeUndefined();
  });

  it.each([
    ['2^31 sizes', patched('stsz', 4, 0, 0x8000_0000), 'corrupt'],
    ['2^31 samples of one size', patched('stsz', 4, 1, 0x8000_0000), 'corrupt'],
    ['2^31 chunks', patched('stco', 4, 0x8000_0000), 'corrupt'],
    ['2^31 time runs', patched('stts', 4, 0x8000_0000), 'corrupt'],
    ['a run of 2^32 samples', patched('stts', 8, 0xffff_ffff), undefined],
    ['negative durations', patched('stts', 12, 0xffff_fff0), 'corrupt'],
    ['durations of a lifetime', patched('stts', 12, 0x7fff_ffff), 'limits_exceeded'],
    ['chunks of no samples', patched('stsc', 12, 0), 'corrupt'],
    ['chunks of 2^32 samples', patched('stsc', 12, 0xffff_ffff), undefined],
    ['a chunk before the first', patched('stsc', 8, 0), 'corrupt'],
    ['an unknown description', patched('stsc', 16, 9), 'corrupt'],
    ['a chunk beyond the file', patched('stco', 8, 0xffff_0000), 'truncated'],
    ['samples larger than the file', patched('stsz', 4, 1000, 100), 'truncated'],
    ['no timescale', patched('mdhd', 12, 0), 'corrupt'],
    ['sync samples out of order', patched('stss', 8, 50, 3), 'corrupt'],
    ['sync samples past the end', patched('stss', 8, 5000), 'corrupt'],
    ['a box larger than its parent', patched('mdia', -8, 0x7000_0000), 'corrupt'],
    ['a box smaller than its header', patched('mdia', -8, 4), 'corrupt'],
    ['a huge 64-bit box', patched('mdat', -8, 1, 0x6d646174, 0x7fff_ffff, 0), 'corrupt'],
    ['an edit at double speed', patched('elst', 28, 0x20000), 'unsupported_edit_list'],
  ])('%s', async (_, bytes, code) => {
    expect(await outcome(bytesSource(bytes))).toBe(code);
  });

  it('is refused when its samples overlap so that it would grow without end', async () => {
    const plan = videoPlan({ sizes: [5000, ...Array(99).fill(0)], stss: [1] });
    const bytes = buildMovie([plan]);
    const stsz = Buffer.from(bytes).indexOf('stsz');
    bytes.set(uint32(...Array(100).fill(0)), stsz + 16);
    bytes.set(uint32(1000, 100), stsz + 8);
    bytes.set(uint32(1), Buffer.from(bytes).indexOf('stsc') + 16);
    expect(await outcome(bytesSource(bytes))).toMatch(/corrupt|truncated/);
  });
});

describe('a movie of a kind not supported', () => {
  it.each([
    ['encrypted sound alone', [audioPlan({ entry: aacEntry() })], 'enca', 'unsupported_codec'],
    [
      'two edits',
      [
        videoPlan({
          elst: [
            [1, 0, 1],
            [1, 5, 1],
          ],
        }),
      ],
      undefined,
      'unsupported_edit_list',
    ],
    ['an edit that plays nothing', [videoPlan({ elst: [[9, -1, 1]] })], undefined, 'unsupported_edit_list'],
    [
      'an edit behind the end',
      [videoPlan({ elst: [[900, 1, 1]], stss: [90] })],
      undefined,
      'unsupported_edit_list',
    ],
    ['no tracks', [], undefined, 'not_media'],
  ])('%s', async (_, plans, rename, code) => {
    const bytes = buildMovie(plans);
    if (rename) bytes.set(ascii(rename), Buffer.from(bytes).indexOf('mp4a'));
    expect(await outcome(bytesSource(bytes))).toBe(code);
  });

  it('fragmented, with a movie header alone or with none', async () => {
    const moov = box('moov', fullBox('mvhd', 0, 0, zeros(96)), box('mvex'));
    expect(() => indexMovie(moov, 5000)).toThrow(
      expect.objectContaining({ code: 'fragmented_not_supported' }),
    );
    const start = box('ftyp', ascii('iso6'), zeros(4));
    expect(await outcome(bytesSource(join([start, moov])))).toBe('corrupt');
    expect(await outcome(bytesSource(join([start, box('moof')])))).toBe('fragmented_not_supported');
  });

  it('keeps for decoders what browsers do not play', async () => {
    const mp3 = await indexSource(bytesSource(buildMovie([audioPlan({ entry: aacEntry(esds(0x6b)) })])));
    expect(mp3.audio).toMatchObject([{ format: 'sample-entry', codec: 'mp4a', browser: 'no', channels: 2 }]);
    const bytes = buildMovie([videoPlan(), audioPlan()]);
    bytes.set(ascii('alac'), Buffer.from(bytes).indexOf('mp4a'));
    const index = await indexSource(bytesSource(bytes));
    expect(index.audio).toMatchObject([{ format: 'sample-entry', codec: 'alac', browser: 'no' }]);
    expect(obstacleOf(index)).toContain('alac');
    expect(createPresentation(index).tracks.map(({ id }) => id)).toEqual(['v0']);
  });

  it('leaves encrypted sound out and says so', async () => {
    const bytes = buildMovie([videoPlan(), audioPlan()]);
    bytes.set(ascii('enca'), Buffer.from(bytes).indexOf('mp4a'));
    const index = await indexSource(bytesSource(bytes));
    expect(index.audio).toEqual([]);
    expect(index.skipped).toEqual([{ kind: 'audio', format: 'enca', reason: 'The sound is encrypted.' }]);
    expect(obstacleOf(index)).toBe('The sound is encrypted.');
  });
});

describe('limits', () => {
  it('bound the movie header, the samples and the top-level boxes', async () => {
    const source = bytesSource(movie);
    await expect(indexSource(source, { maxMoovBytes: 100 })).rejects.toMatchObject({
      code: 'limits_exceeded',
    });
    await expect(indexSource(source, { maxSamples: 150 })).rejects.toMatchObject({ code: 'limits_exceeded' });
    const crumbs = join(Array.from({ length: 5000 }, () => box('free')));
    expect(await outcome(bytesSource(crumbs))).toBe('limits_exceeded');
  });

  it('never read the media of a file while indexing', async () => {
    let read = 0;
    const inner = bytesSource(movie);
    const source: ByteSource = {
      size: inner.size,
      read: (offset, length) => {
        read += length;
        return inner.read(offset, length);
      },
    };
    await indexSource(source);
    expect(read).toBeLessThan(movie.length + 4096);
  });
});

describe('damage', () => {
  it('cut anywhere, a file is refused with a code', async () => {
    for (let length = 0; length < movie.length; length += 13) {
      const code = await outcome(bytesSource(movie.subarray(0, length)));
      expect(['truncated', 'not_media', 'corrupt']).toContain(code);
    }
  });

  it('flipped bits give a code or a presentation, soon', { timeout: 60_000 }, async () => {
    const moov = Buffer.from(movie).indexOf('moov') - 4;
    const places = fc.array(
      fc.tuple(fc.oneof(fc.nat(31), fc.integer({ min: moov, max: movie.length - 1 })), fc.nat(7)),
      {
        minLength: 1,
        maxLength: 8,
      },
    );
    await fc.assert(
      fc.asyncProperty(places, async (flips) => {
        const bytes = movie.slice();
        for (const [at, bit] of flips) bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
        const started = performance.now();
        await outcome(bytesSource(bytes));
        expect(performance.now() - started).toBeLessThan(2000);
      }),
      { numRuns: 1500 },
    );
  });

  it('extreme numbers in any field give a code or a presentation, soon', { timeout: 60_000 }, async () => {
    const start = Buffer.from(movie).indexOf('moov') - 4;
    const extreme = fc.constantFrom(0, 1, 7, 8, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x0001_0000);
    const place = fc.integer({ min: 0, max: Math.floor((movie.length - start) / 4) - 1 });
    await fc.assert(
      fc.asyncProperty(place, extreme, fc.nat(3), async (word, value, shift) => {
        const bytes = movie.slice();
        bytes.set(uint32(value).subarray(0, 4), Math.min(start + word * 4 + shift, bytes.length - 4));
        const started = performance.now();
        await outcome(bytesSource(bytes));
        expect(performance.now() - started).toBeLessThan(2000);
      }),
      { numRuns: 1500 },
    );
  });

  it('of the index file is always noticed', async () => {
    const bytes = encodeIndex(await indexSource(bytesSource(movie)));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: bytes.length - 1 }), fc.nat(7), (at, bit) => {
        const damaged = bytes.slice();
        damaged[at] = (damaged[at] ?? 0) ^ (1 << bit);
        expect(() => decodeIndex(damaged)).toThrow(PackagerError);
        expect(() => decodeIndex(bytes.subarray(0, at))).toThrow(PackagerError);
      }),
      { numRuns: 300 },
    );
  });
});
