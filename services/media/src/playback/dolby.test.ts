import { bytesSource, encodeIndex, indexSource } from '@ptsdly/packager';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Renditions } from '../renditions/renditions.ts';
import type { RenditionRow } from '../renditions/rows.ts';
import { hasFfmpeg } from '../testing/fixtures.ts';
import { eventually, openRig, type Rig } from '../testing/server.ts';
import { sources } from '../testing/sources.ts';
import { upload } from '../testing/tus-calls.ts';
import { Viewer } from '../testing/viewer.ts';
import { packageIndex } from './packaged.ts';
import { writeProgramme } from './programme.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig.close());

const made: RenditionRow = {
  ...{ video: 'v', name: 'c0', kind: 'audio', width: 0, height: 0, bit_rate: 128_000, grid: '' },
  ...{ state: 'making', size_bytes: 0, created_at: '' },
};
const described = { codec: 'mp4a.40.2', channels: 2, bandwidth: 130_000, averageBandwidth: 128_000 };

describe.skipIf(!hasFfmpeg)('Dolby sound of an original', () => {
  it('has a group of its own beside its conversion', async () => {
    const file = bytesSource(Uint8Array.from(sources['H.264 and AC-3']()));
    const stream = () => Promise.reject(new Error('nothing is read'));
    const source = { size: file.size, read: file.read.bind(file), stream };
    const packaged = packageIndex(encodeIndex(await indexSource(file)), { source, movie: null, file: 'f' });
    const renditions = { soundOf: async () => described } as unknown as Renditions;
    const lines = (await writeProgramme(packaged, [made], renditions)).split('\n');
    const matches = (start: string, pattern: RegExp) =>
      lines.filter((line) => line.startsWith(start)).map((line) => pattern.exec(line)?.slice(1));
    expect(matches('#EXT-X-MEDIA:TYPE=AUDIO', /GROUP-ID="(\w+)".*URI="([\w.]+)"/)).toEqual([
      ['audio', 'c0.m3u8'],
      ['dolby', 'd0.m3u8'],
    ]);
    expect(matches('#EXT-X-STREAM-INF', /CODECS="avc1\.\w+,([\w.-]+)".*AUDIO="(\w+)"/)).toEqual([
      ['mp4a.40.2', 'audio'],
      ['ac-3', 'dolby'],
    ]);
  });

  it('is cut where the picture is', async () => {
    const id = await upload(rig, sources['H.264 and AC-3'](), 'film.mp4');
    const play = await eventually(() => rig.client.playOwn({ params: { id } }).catch(() => undefined));
    const viewer = new Viewer(rig, play);
    const { segments, ended } = await viewer.listing('d0');
    expect([segments.length, ended]).toEqual([(await viewer.listing('v0')).segments.length, true]);
    const pieces = [(await viewer.get('d0/init.mp4')).body];
    for (const segment of segments) pieces.push((await viewer.get(segment)).body);
    const index = await indexSource(bytesSource(Uint8Array.from(Buffer.concat(pieces))));
    expect(index.audio).toMatchObject([{ format: 'ac-3', sampleRate: 48_000 }]);
    expect(index.duration).toBeCloseTo(6, 1);
    expect((await viewer.get('d1.m3u8')).status).toBe(404);
    expect((await viewer.get('d0/99.m4s')).status).toBe(404);
  });
});
