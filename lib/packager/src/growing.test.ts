import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { continues } from './continuation.ts';
import { PackagerError } from './error.ts';
import { indexSource, OPENING_BYTES, openScan } from './index-source.ts';
import type { MediaIndex } from './media-index.ts';
import { createPresentation } from './presentation.ts';
import { readSegment } from './segment-reader.ts';
import { bytesSource, NotArrived } from './source.ts';
import { fixture, fixtures, hasFfmpeg } from './testing/fixtures.ts';
import { sources } from './testing/sources.ts';

/** The index after each step, undefined where it is too early for one. */
async function* arrivals(file: Uint8Array, steps: number): AsyncGenerator<[number, MediaIndex | undefined]> {
  const step = Math.ceil(file.length / steps);
  const first = bytesSource(file.subarray(0, Math.max(OPENING_BYTES, step)));
  const scan = await openScan(first, file.length);
  for (let at = step; at < file.length + step; at += step) {
    const arrived = Math.min(Math.max(at, OPENING_BYTES), file.length);
    const part = bytesSource(file.subarray(0, arrived));
    try {
      await scan.advance(part, arrived === file.length);
      yield [arrived, await scan.index(part, arrived === file.length)];
    } catch (error) {
      const isEarly =
        error instanceof NotArrived || (error instanceof PackagerError && error.code === 'truncated');
      if (!isEarly || arrived === file.length) throw error;
      yield [arrived, undefined];
    }
  }
}

const openGroups = () =>
  fixture('opengroups.mkv', [
    ...['-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=30:d=8', '-f', 'lavfi', '-i', 'sine=440:r=48000:d=8'],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-threads', '1', '-c:a', 'aac'],
    ...['-x264-params', 'keyint=30:min-keyint=30:open-gop=1:bframes=3:b-adapt=0:scenecut=0'],
  ]);

const files = {
  'fragmented MP4': sources['fragmented MP4'],
  Matroska: sources['H.264 and AAC in Matroska'],
  'live WebM': sources['VP9 and Opus in live WebM'],
  'a transport stream': sources['H.264 and AAC in a transport stream'],
  'Matroska with open groups': openGroups,
};

describe.skipIf(!hasFfmpeg).each(Object.entries(files))('%s that is still arriving', (_, file) => {
  it('is cut as the whole file will be, as far as it has come', { timeout: 60_000 }, async () => {
    const bytes = await readFile(await file());
    const source = bytesSource(bytes);
    const whole = await indexSource(source);
    const reference = createPresentation(whole);
    let listedBefore = 0;
    let grew = 0;
    let last: MediaIndex | undefined;
    for await (const [arrived, index] of arrivals(bytes, 37)) {
      last = index;
      if (!index) continue;
      expect(continues(index, whole)).toBe(true);
      const presentation = createPresentation(index);
      expect(presentation.growing).toBe(arrived < bytes.length);
      const listed = presentation.mediaPlaylist('v0', { arrived });
      expect(listed.includes('#EXT-X-ENDLIST')).toBe(arrived === bytes.length);
      expect(listed).toContain('#EXT-X-TARGETDURATION:12\n');
      const segments = listed.split('\n').filter((line) => line.endsWith('.m4s')).length;
      expect(segments).toBeGreaterThanOrEqual(listedBefore);
      if (segments > listedBefore) grew++;
      for (let n = listedBefore; n < segments; n++) {
        const part = bytesSource(bytes.subarray(0, arrived));
        expect(await readSegment(part, presentation.segment('v0', n))).toEqual(
          await readSegment(source, reference.segment('v0', n)),
        );
      }
      listedBefore = segments;
      const final = reference.mediaPlaylist('v0', { arrived: bytes.length });
      expect(final.slice(0, listed.length)).toBe(listed);
    }
    expect(last).toEqual(whole);
    expect(listedBefore).toBe(reference.tracks[0]?.segmentCount);
    expect(grew).toBeGreaterThan(2);
  });
});

describe.skipIf(!hasFfmpeg)('a list that grows', () => {
  it('stops in front of a segment that is longer than it promised', async () => {
    const args = [
      '-f',
      'lavfi',
      '-i',
      'testsrc2=s=64x64:r=10:d=60',
      '-c:v',
      'libx264',
      '-pix_fmt',
      'yuv420p',
    ];
    const keys = ['-sc_threshold', '0', '-g', '9999', '-force_key_frames', '2,4,20,40'];
    const bytes = await readFile(await fixture('uneven.mkv', [...args, ...keys]));
    const whole = await indexSource(bytesSource(bytes));
    let longest = 0;
    for await (const [arrived, index] of arrivals(bytes, 20)) {
      if (!index || arrived === bytes.length) continue;
      expect(continues(index, whole)).toBe(false); // a player has to begin anew
      const [track] = createPresentation(index).tracks;
      longest = Math.max(longest, track?.segmentCount ?? 0);
    }
    expect(longest).toBe(2);
  });

  it('has no part of another file', async () => {
    const index = await indexSource(
      bytesSource(await readFile(await sources['H.264 and AAC in Matroska']())),
    );
    const other = await indexSource(bytesSource(await readFile(await fixtures['variable frame rate']())));
    expect(continues(index, other)).toBe(false);
    expect(continues(index, { ...index, audio: [] })).toBe(false);
  });
});
