import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasFfmpeg } from '../../services/media/src/testing/fixtures.ts';
import { fileOf } from '../../services/media/src/testing/formats.ts';
import { eventually, openRig, type Rig } from '../../services/media/src/testing/server.ts';
import { sources } from '../../services/media/src/testing/sources.ts';
import { upload } from '../../services/media/src/testing/tus-calls.ts';
import { Viewer } from '../../services/media/src/testing/viewer.ts';

/** Pictures of high dynamic range, as every screen shows them: the colours of a rendition beside those that ffmpeg makes. */

let rig: Rig;
beforeAll(async () => {
  rig = await openRig({}, { converts: true });
});
afterAll(() => rig.close());

const SIZE = '320:180';
/** By ITU-R BT.2390 and BT.2408, all in one command: what lies beyond 203 cd/m² is rolled off. */
const toneMapped = (transfer: string) =>
  [
    `zscale=tin=${transfer}:pin=2020:min=2020_ncl:rin=tv:t=linear:npl=203,format=gbrpf32le,zscale=p=709`,
    'tonemap=mobius:desat=0:peak=4.926,zscale=t=709:m=709:r=tv,format=yuv420p',
  ].join(',');

/** The frame one second in, as bytes of red, green and blue. */
function frameOf(file: Uint8Array, filters: string): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'colours-'));
  try {
    const path = join(folder, 'file');
    writeFileSync(path, file);
    const picture = `${filters},scale=${SIZE}:in_color_matrix=bt709,format=rgb24`;
    return execFileSync('ffmpeg', [
      ...['-v', 'error', '-ss', '1', '-i', path, '-frames:v', '1', '-vf', picture],
      ...['-f', 'rawvideo', '-'],
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Peak signal to noise ratio in decibels. */
function likeness(a: Buffer, b: Buffer): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += ((a[i] ?? 0) - (b[i] ?? 0)) ** 2;
  return 10 * Math.log10(255 ** 2 / (sum / a.length));
}

describe.skipIf(!hasFfmpeg)('a rendition of', () => {
  it.each([
    ['PQ', 'smpte2084', sources['HEVC, 10 bits, PQ']],
    ['HLG', 'arib-std-b67', () => fileOf('MP4: HEVC, HLG')],
  ] as const)('%s has the colours of the reference', { timeout: 90_000 }, async (_, transfer, make) => {
    const file = make();
    const id = await upload(rig, file);
    const play = await eventually(async () => {
      const found = await rig.client.playOwn({ params: { id } }).catch(() => undefined);
      return found?.tracks.some(({ kind, isOriginal, isReady }) => kind === 'video' && !isOriginal && isReady)
        ? found
        : undefined;
    }, 80);
    const viewer = new Viewer(rig, play);
    const track = play.tracks.find(({ kind, isOriginal }) => kind === 'video' && !isOriginal)?.id ?? '';
    const { segments } = await viewer.listing(track);
    const pieces = [(await viewer.get(`${track}/init.mp4`)).body];
    for (const segment of segments) pieces.push((await viewer.get(segment)).body);
    const made = frameOf(Buffer.concat(pieces), 'null');
    const reference = frameOf(file, toneMapped(transfer));
    const untouched = frameOf(file, 'format=yuv420p');
    expect(made.length).toBe(320 * 180 * 3);
    expect(likeness(made, reference)).toBeGreaterThan(27);
    expect(likeness(made, reference)).toBeGreaterThan(likeness(untouched, reference) + 6);
  });
});
