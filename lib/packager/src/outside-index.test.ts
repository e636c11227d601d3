import { describe, expect, it } from 'vitest';
import { decodeIndex, encodeIndex } from './index-file.ts';
import { type OutsideSource, outsideIndex } from './outside-index.ts';
import { createPresentation, presentVideo } from './presentation.ts';

const video: OutsideSource['video'] = {
  ...({ codec: 'flashsv', width: 320, height: 180, pixelAspect: 1, rotation: 0, videoRange: 'SDR' } as const),
  rate: [30_000, 1001],
};
const audio = [{ codec: 'nellymoser', channels: 1, sampleRate: 44_100, language: undefined }];
const about = { demuxer: 'flv', duration: 60, sourceSize: 1e6 };

describe('an index of times', () => {
  it('is cut as that of any other video, and outlives the disk', () => {
    const index = decodeIndex(encodeIndex(outsideIndex({ ...about, video, audio })));
    expect(index).toMatchObject({ container: 'outside', outside: { demuxer: 'flv' }, duration: 60 });
    expect(index.video?.samples.count).toBe(Math.round((60 * 30_000) / 1001));
    const track = presentVideo(index.video!);
    expect(track.segmentCount).toBeGreaterThan(8);
    expect(track.segmentStart(track.segmentCount)).toBeCloseTo(60, 1);
    expect(createPresentation(index).maxGop).toBeCloseTo(1, 1);
    expect(createPresentation(index).frameRate).toBeCloseTo(29.97, 2);
    expect(index.audio[0]).toMatchObject({ browser: 'no', timescale: 44_100 });
  });

  it('is refused where there is nothing, or far too much', () => {
    expect(() => outsideIndex({ ...about, audio: [] })).toThrow('neither video nor sound');
    expect(() => outsideIndex({ ...about, duration: 0, video, audio })).toThrow('neither');
    expect(() => outsideIndex({ ...about, duration: 1e6, video, audio })).toThrow('too long');
  });
});
