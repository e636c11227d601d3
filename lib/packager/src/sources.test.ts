import { ALL_FORMATS, EncodedPacketSink, FilePathSource, Input, type InputTrack } from 'mediabunny';
import { describe, expect, it } from 'vitest';
import { decodeIndex, encodeIndex } from './index-file.ts';
import { indexSource } from './index-source.ts';
import type { MediaIndex, Samples } from './media-index.ts';
import { createPresentation } from './presentation.ts';
import { FileSource } from './testing/file-source.ts';
import { ffprobe, hasFfmpeg } from './testing/fixtures.ts';
import { writeHls } from './testing/hls.ts';
import { sources } from './testing/sources.ts';

/** Seconds by which the file's own times differ from ours, for each packet that both have. */
function differences(theirs: readonly number[], { decode, composition, count }: Samples, timescale: number) {
  const ours = Array.from(decode, (time, i) => (time + (composition?.[i] ?? 0)) / timescale);
  // The first may be held from zero, or prime the decoder.
  return ours.slice(1).map((time, i) => (theirs[theirs.length - count + 1 + i] ?? 0) - time);
}

async function packetTimes(path: string, stream: string): Promise<number[]> {
  const { packets } = (await ffprobe([
    ...['-select_streams', stream, '-show_entries', 'packet=pts_time', path],
  ])) as { packets: { pts_time: string }[] };
  return packets.map(({ pts_time }) => Number(pts_time));
}

/** Sizes, and which samples are sync samples, as another project's demuxer finds them. */
async function packetsOf(track: InputTrack) {
  const packets: { size: number; key: boolean }[] = [];
  const sink = new EncodedPacketSink(track);
  for await (const packet of sink.packets(undefined, undefined, { metadataOnly: true })) {
    packets.push({ size: packet.byteLength, key: packet.type === 'key' });
  }
  return packets;
}

async function indexed(path: string): Promise<MediaIndex> {
  await using source = await FileSource.open(path);
  return await indexSource(source);
}

describe.skipIf(!hasFfmpeg).each(Object.entries(sources))('a source with %s', (name, file) => {
  it('keeps picture and sound together', { timeout: 60_000 }, async () => {
    const path = await file();
    const { video, audio } = await indexed(path);
    const [sound] = audio;
    if (!video || !sound) throw new Error('needs both');
    const all = [
      ...differences(await packetTimes(path, 'v:0'), video.samples, video.timescale),
      ...differences(await packetTimes(path, 'a:0'), sound.samples, sound.timescale),
    ];
    expect(Math.max(...all) - Math.min(...all)).toBeLessThan(0.003);
  });

  it('gives the same segments from the index as stored', { timeout: 60_000 }, async () => {
    await using source = await FileSource.open(await file());
    const index = await indexSource(source);
    const stored = decodeIndex(encodeIndex(index));
    expect(stored).toEqual(index);
    await using ours = await writeHls(source, createPresentation(index));
    await using theirs = await writeHls(source, createPresentation(stored));
    expect(theirs.segments).toEqual(ours.segments);
  });

  it('has the packets that another project finds', { timeout: 60_000 }, async () => {
    const path = await file();
    const { video, audio, container } = await indexed(path);
    using input = new Input({ formats: ALL_FORMATS, source: new FilePathSource(path) });
    // It stops at the end of the movie header when samples stand there and in fragments.
    if (name.includes('movie header with samples')) return;
    const track = await input.getPrimaryVideoTrack();
    const sound = await input.getPrimaryAudioTrack();
    if (!video || !track || !sound) throw new Error('needs both');
    const pictures = await packetsOf(track);
    const sync = pictures.flatMap(({ key }, i) => (key ? [i] : []));
    expect(Array.from(video.samples.sync ?? [])).toEqual(sync);
    expect((await packetsOf(sound)).length).toBe(audio[0]?.samples.count);
    if (container !== 'ts') expect(Array.from(video.samples.size)).toEqual(pictures.map(({ size }) => size));
  });
});

describe.skipIf(!hasFfmpeg)('what is read of a source', () => {
  it('fragmented is its headers only', async () => {
    await using source = await FileSource.open(await sources['fragmented MP4']());
    await indexSource(source);
    expect(source.bytesRead).toBeLessThan(source.size / 4);
  });

  it('of any other kind is read about once', async () => {
    for (const name of ['H.264 and AAC in Matroska', 'H.264 and AAC in a transport stream'] as const) {
      await using source = await FileSource.open(await sources[name]());
      await indexSource(source);
      expect(source.bytesRead).toBeLessThan(source.size * 1.2 + 100_000);
    }
  });
});
