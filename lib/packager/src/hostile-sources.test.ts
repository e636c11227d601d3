import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PackagerError } from './error.ts';
import { decodeIndex, encodeIndex } from './index-file.ts';
import { indexSource, OPENING_BYTES, openScan } from './index-source.ts';
import { createPresentation } from './presentation.ts';
import { readSegment } from './segment-reader.ts';
import { bytesSource, NotArrived } from './source.ts';
import { fixture, hasFfmpeg } from './testing/fixtures.ts';
import { windowFile } from './window-file.ts';

const short = [
  ...['-f', 'lavfi', '-i', 'testsrc2=s=64x64:r=10:d=2', '-f', 'lavfi', '-i', 'sine=440:r=48000:d=2'],
  ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '5', '-c:a', 'aac'],
];
const files = {
  Matroska: () => fixture('short.mkv', short),
  'a transport stream': () => fixture('short.ts', short),
  'fragmented MP4': () => fixture('shortfrag.mp4', [...short, '-movflags', 'frag_keyframe+empty_moov']),
};
/** What only decoders take, and text, goes other ways through the engine. */
const others = {
  'MPEG-2 and MP2 in a transport stream': () =>
    fixture('shortold.ts', [...short.slice(0, 8), '-c:v', 'mpeg2video', '-g', '5', '-c:a', 'mp2']),
  'PCM in MOV': () => fixture('shortpcm.mov', [...short.slice(0, -1), 'pcm_s16le']),
  'VP8 and Vorbis in Matroska': () =>
    fixture('shortvp8.mkv', [
      ...[...short.slice(0, 8), '-c:v', 'libvpx', '-deadline', 'realtime', '-g', '5', '-c:a', 'libvorbis'],
    ]),
};
const RUNS = process.env.LAB_FULL ? 4000 : 200;
const CODES = [
  'truncated',
  'not_media',
  'corrupt',
  'unsupported_codec',
  'unsupported_container',
  'limits_exceeded',
];

/** Takes a file through the whole engine; returns the code of its refusal, or nothing. */
async function outcome(bytes: Uint8Array): Promise<string | undefined> {
  const source = bytesSource(bytes);
  try {
    const index = decodeIndex(encodeIndex(await indexSource(source)));
    const presentation = createPresentation(index);
    for (const track of [...(index.video ? [index.video] : []), ...index.audio]) {
      for await (const chunk of windowFile(track, { start: 0.5, end: 1 }).chunks(source)) void chunk.length;
    }
    for (const { id, segmentCount } of presentation.tracks) {
      presentation.initSegment(id);
      for (let n = 0; n < segmentCount; n++) await readSegment(source, presentation.segment(id, n));
    }
    return undefined;
  } catch (error) {
    if (error instanceof PackagerError) return error.code;
    throw error;
  }
}

describe.skipIf(!hasFfmpeg).each(Object.entries({ ...files, ...others }))('%s', (_, file) => {
  it('plays when it is whole', async () => {
    expect(await outcome(await readFile(await file()))).toBeUndefined();
  });

  it('cut anywhere plays up to there or is refused with a code', { timeout: 60_000 }, async () => {
    const bytes = await readFile(await file());
    const step = Math.ceil(bytes.length / 60);
    for (let length = 0; length < bytes.length; length += step) {
      expect([undefined, ...CODES]).toContain(await outcome(bytes.subarray(0, length)));
    }
  });

  it('with flipped bits gives a code or a presentation, soon', { timeout: 120_000 }, async () => {
    const original = await readFile(await file());
    const at = fc.oneof(fc.nat(2000), fc.nat(original.length - 1));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(at, fc.nat(7)), { minLength: 1, maxLength: 8 }), async (flips) => {
        const bytes = Uint8Array.from(original);
        for (const [place, bit] of flips) bytes[place] = (bytes[place] ?? 0) ^ (1 << bit);
        const started = performance.now();
        await outcome(bytes);
        expect(performance.now() - started).toBeLessThan(2000);
      }),
      { numRuns: RUNS },
    );
  });

  it('with extreme numbers gives a code or a presentation, soon', { timeout: 120_000 }, async () => {
    const original = await readFile(await file());
    const extreme = fc.constantFrom(0, 1, 0x7f, 0x80, 0xff);
    const at = fc.oneof(fc.nat(2000), fc.nat(original.length - 1));
    await fc.assert(
      fc.asyncProperty(at, extreme, fc.integer({ min: 1, max: 8 }), async (place, value, length) => {
        const bytes = Uint8Array.from(original);
        bytes.fill(value, place, place + length);
        const started = performance.now();
        await outcome(bytes);
        expect(performance.now() - started).toBeLessThan(2000);
      }),
      { numRuns: RUNS },
    );
  });

  it('damaged, while it arrives, is refused with a code or goes on', { timeout: 120_000 }, async () => {
    const original = await readFile(await file());
    const at = fc.nat(original.length - 1);
    await fc.assert(
      fc.asyncProperty(at, fc.nat(255), fc.integer({ min: 1, max: 40 }), async (place, value, length) => {
        const bytes = Uint8Array.from(original);
        bytes.fill(value, place, place + length);
        const scan = await openScan(bytesSource(bytes.subarray(0, OPENING_BYTES)), bytes.length);
        for (let step = 1; step <= 5; step++) {
          const part = bytesSource(bytes.subarray(0, Math.ceil((bytes.length * step) / 5)));
          try {
            await scan.advance(part, step === 5);
            createPresentation(await scan.index(part, step === 5)).masterPlaylist();
          } catch (error) {
            if (!(error instanceof PackagerError) && !(error instanceof NotArrived)) throw error;
          }
        }
      }),
      { numRuns: RUNS / 4 },
    );
  });

  it('keeps to the limit of samples', async () => {
    const source = bytesSource(await readFile(await file()));
    await expect(indexSource(source, { maxSamples: 30 })).rejects.toMatchObject({ code: 'limits_exceeded' });
  });
});
