import { describe, expect, it } from 'vitest';
import { join, uint8, zeros } from './box-writer.ts';
import { indexSource } from './index-source.ts';
import { bytesSource } from './source.ts';
import { element, simpleBlock, text, unsigned } from './testing/ebml-writer.ts';
import { AVC_CONFIG } from './testing/movie.ts';

const KEY = 0x80;
const XIPH = 2;
const FIXED = 4;
const EBML = 6;

/** An IDR slice, and a P slice (first macroblock 0, type 5), each behind its length. */
const IDR = uint8(0, 0, 0, 3, 0x65, 0x88, 0x80);
const P = uint8(0, 0, 0, 3, 0x41, 0x9a, 0x80);

const video = element(0xae, [
  unsigned(0xd7, 1),
  unsigned(0x83, 1),
  text(0x86, 'V_MPEG4/ISO/AVC'),
  element(0x63a2, [AVC_CONFIG]),
  element(0xe0, [unsigned(0xb0, 320), unsigned(0xba, 180)]),
]);
const sound = element(0xae, [
  unsigned(0xd7, 2),
  unsigned(0x83, 2),
  text(0x86, 'A_AAC'),
  element(0x63a2, [uint8(0x11, 0x90)]),
]);

function matroska(tracks: readonly Uint8Array[], clusters: readonly Uint8Array[], open = false): Uint8Array {
  const header = element(0x1a45dfa3, [text(0x4282, 'matroska')]);
  return join([header, element(0x18538067, [element(0x1654ae6b, tracks), ...clusters], open)]);
}

function cluster(time: number, blocks: readonly Uint8Array[], open = false): Uint8Array {
  return element(0x1f43b675, [unsigned(0xe7, time), ...blocks], open);
}

describe('packets that share a block', () => {
  it.each([
    ['their sizes in bytes of 255', XIPH, uint8(2, 255, 45, 3), [300, 3, 7]],
    ['one size', FIXED, uint8(2), [5, 5, 5]],
    ['differences of sizes', EBML, uint8(2, 0x41, 0x2c, 0x5e, 0xd6), [300, 3, 7]],
  ])('are found by %s', async (_, lacing, header, sizes) => {
    const media = sizes.map((size, i) => new Uint8Array(size).fill(i + 1));
    const file = matroska([sound], [cluster(0, [simpleBlock(2, 0, KEY | lacing, header, ...media)])]);
    const { audio } = await indexSource(bytesSource(file));
    const samples = audio[0]?.samples;
    expect(Array.from(samples?.size ?? [])).toEqual(sizes);
    expect(Array.from(samples?.decode ?? [])).toEqual([0, 1024, 2048]);
    expect(Array.from(samples?.offset ?? [], (at) => file[at])).toEqual([1, 2, 3]);
  });

  it('are refused when they do not fit it', async () => {
    const file = matroska([sound], [cluster(0, [simpleBlock(2, 0, KEY | XIPH, uint8(1, 200), zeros(20))])]);
    await expect(indexSource(bytesSource(file))).rejects.toMatchObject({ code: 'corrupt' });
  });
});

describe('clusters', () => {
  it('of open size, as live recordings have them, follow one another', async () => {
    const blocks = [simpleBlock(1, 0, KEY, IDR), simpleBlock(1, 40, 0, P)];
    const clusters = [cluster(0, blocks, true), cluster(1000, blocks, true)];
    const index = await indexSource(bytesSource(matroska([video], clusters, true)));
    expect(Array.from(index.video?.samples.decode ?? [])).toEqual([0, 40, 1000, 1040]);
    expect(Array.from(index.video?.samples.sync ?? [])).toEqual([0, 2]);
  });

  it('whose recording was begun late start at zero', async () => {
    const clusters = [cluster(5000, [simpleBlock(1, 0, KEY, IDR), simpleBlock(1, 40, 0, P)])];
    const index = await indexSource(bytesSource(matroska([video], clusters)));
    expect(index.duration).toBeCloseTo(0.08);
  });

  it('cut in a block count up to there', async () => {
    const file = matroska([video], [cluster(0, [simpleBlock(1, 0, KEY, IDR), simpleBlock(1, 40, KEY, IDR)])]);
    const index = await indexSource(bytesSource(file.subarray(0, file.length - 3)));
    expect(index.video?.samples.count).toBe(1);
  });
});

describe('pictures that claim to decode by themselves', () => {
  it('are looked at, and corrected when they do not', async () => {
    const frames = Array.from({ length: 60 }, (_, i) => simpleBlock(1, i * 40, KEY, i % 20 === 0 ? IDR : P));
    const index = await indexSource(bytesSource(matroska([video], [cluster(0, frames)])));
    expect(Array.from(index.video?.samples.sync ?? [])).toEqual([0, 20, 40]);
  });

  it('are refused when none does', async () => {
    const file = matroska([video], [cluster(0, [simpleBlock(1, 0, KEY, P)])]);
    await expect(indexSource(bytesSource(file))).rejects.toMatchObject({ code: 'corrupt' });
  });
});

describe('what browsers do not play', () => {
  const track = (codec: string, kind: number, ...more: Uint8Array[]) =>
    element(0xae, [unsigned(0xd7, 3), unsigned(0x83, kind), text(0x86, codec), ...more]);
  const size = element(0xe0, [unsigned(0xb0, 64), unsigned(0xba, 64)]);
  const block = simpleBlock(3, 0, KEY, zeros(50));
  const file = (entry: Uint8Array) => bytesSource(matroska([entry], [cluster(0, [block])]));

  it.each([
    ['VP8', track('V_VP8', 1, size)],
    ['H.264 whose packets are compressed', track('V_MPEG4/ISO/AVC', 1, size, element(0x6d80, []))],
    ['MP3', track('A_MPEG/L3', 2)],
    ['AAC whose packets are compressed', track('A_AAC', 2, element(0x6d80, []))],
  ])('is kept for decoders as the file describes it: %s', async (_, entry) => {
    const { video, audio } = await indexSource(file(entry));
    const kept = video ?? audio[0];
    expect(kept).toMatchObject({ format: 'track-entry', browser: 'no' });
    expect(Buffer.from(entry).subarray(-(kept?.config.length ?? 0))).toEqual(Buffer.from(kept?.config ?? []));
  });

  it('keeps no delay, which its times hold already', async () => {
    const delayed = track('A_VORBIS', 2, unsigned(0x56aa, 5_000_000));
    const [plain, told] = [await indexSource(file(track('A_VORBIS', 2))), await indexSource(file(delayed))];
    expect(told.audio[0]?.config).toEqual(plain.audio[0]?.config);
  });

  it('is left out and named when it is encrypted', async () => {
    const coding = element(0x6240, [unsigned(0x5033, 1)]);
    const secret = track('A_AAC', 2, element(0x6d80, [coding]));
    const both = matroska([video, secret], [cluster(0, [simpleBlock(1, 0, KEY, IDR), block])]);
    const index = await indexSource(bytesSource(both));
    expect(index.audio).toEqual([]);
    expect(index.skipped).toEqual([{ kind: 'audio', format: 'A_AAC', reason: 'The track is encrypted.' }]);
    await expect(indexSource(file(secret))).rejects.toMatchObject({ code: 'unsupported_codec' });
  });
});
