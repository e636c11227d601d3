import { describe, expect, it } from 'vitest';
import { ascii, box, uint8, uint16, uint32 } from './box-writer.ts';
import { PackagerError } from './error.ts';
import { indexSource } from './index-source.ts';
import { writeMaster } from './playlists.ts';
import { createPresentation } from './presentation.ts';
import { bytesSource } from './source.ts';
import { initBox } from './testing/hls.ts';
import {
  aacEntry,
  audioPlan,
  avcEntry,
  buildMovie,
  esds,
  type TrackPlan,
  videoPlan,
} from './testing/movie.ts';

async function present(...plans: TrackPlan[]) {
  return createPresentation(await indexSource(bytesSource(buildMovie(plans))));
}

const TURNED = [0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000];

describe('playlists', () => {
  it('name one variant and each sound track', async () => {
    const mono = aacEntry(esds(0x40, uint8(0x11, 0x88)));
    const korean = ((0x6b - 0x60) << 10) | ((0x6f - 0x60) << 5) | (0x72 - 0x60);
    const presentation = await present(
      videoPlan(),
      audioPlan({ language: korean }),
      audioPlan({ entry: mono }),
    );
    expect(presentation.masterPlaylist().split('\n')).toEqual([
      '#EXTM3U',
      '#EXT-X-VERSION:7',
      '#EXT-X-INDEPENDENT-SEGMENTS',
      '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="한국어",LANGUAGE="ko",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="a0.m3u8"',
      '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Audio 2",DEFAULT=NO,AUTOSELECT=YES,CHANNELS="1",URI="a1.m3u8"',
      `#EXT-X-STREAM-INF:BANDWIDTH=${presentation.bandwidth},AVERAGE-BANDWIDTH=${presentation.averageBandwidth},CODECS="avc1.42c01e,mp4a.40.2",RESOLUTION=320x180,FRAME-RATE=10.000,AUDIO="audio"`,
      'v0.m3u8',
      '#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1128,AVERAGE-BANDWIDTH=1128,CODECS="avc1.42c01e",RESOLUTION=320x180,URI="i0.m3u8"',
      '',
    ]);
    expect(presentation.masterPlaylist({ arriving: true })).not.toContain('I-FRAME');
  });

  it('list each keyframe until the next', async () => {
    const presentation = await present(videoPlan());
    const playlist = presentation.mediaPlaylist('i0');
    expect(playlist).toContain('#EXT-X-I-FRAMES-ONLY\n');
    expect(playlist.match(/#EXTINF:1\.000000,\ni0\/\d\.m4s/g)).toHaveLength(10);
    expect(presentation.segment('i0', 3).ranges).toEqual([{ offset: 24 + 270, length: 9 }]);
  });

  it('tell sound tracks of one name apart', async () => {
    const korean = { language: (11 << 10) | (15 << 5) | 18 };
    const master = (await present(videoPlan(), audioPlan(korean), audioPlan(korean))).masterPlaylist();
    expect(master).toContain('NAME="한국어",');
    expect(master).toContain('NAME="한국어 2",');
  });

  it('list segments with exact durations', async () => {
    const presentation = await present(videoPlan());
    expect(presentation.mediaPlaylist('v0')).toContain(
      '#EXT-X-MAP:URI="v0/init.mp4"\n#EXTINF:2.000000,\nv0/0.m4s\n',
    );
    expect(presentation.mediaPlaylist('v0').endsWith('#EXT-X-ENDLIST\n')).toBe(true);
  });

  it('list what has arrived while the original is on its way', async () => {
    const presentation = await present(videoPlan(), audioPlan());
    const at = (arrived: number) => presentation.mediaPlaylist('v0', { arrived });
    const listed = (playlist: string) => playlist.match(/m4s/g)?.length ?? 0;
    // The video's 900 bytes stand from byte 24 on; segments hold 180, 180, 360 and 180 of them.
    expect([0, 203, 204, 384, 744, 923, 924].map((bytes) => listed(at(bytes)))).toEqual([
      0, 0, 1, 2, 3, 3, 4,
    ]);
    expect(at(384)).toContain('#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-START:TIME-OFFSET=0\n');
    expect(at(384)).toContain('#EXT-X-TARGETDURATION:4\n');
    expect([at(384), at(924)].map((text) => text.includes('ENDLIST'))).toEqual([false, true]);
    expect(at(924).startsWith(at(384))).toBe(true);
  });

  it('promise no independent segments when frames are presented before their sync sample', async () => {
    const presentation = await present(videoPlan({ ctts: [40, 0, 1, 2, 2, -1, 57, 0] }));
    expect(presentation.mediaPlaylist('v0')).not.toContain('INDEPENDENT');
    expect(presentation.masterPlaylist()).not.toContain('INDEPENDENT');
  });

  it.each([
    ['PQ', 16],
    ['HLG', 18],
  ])('say %s when the colour box does', async (range, transfer) => {
    const colr = box('colr', ascii('nclc'), uint16(9, transfer, 9));
    const presentation = await present(videoPlan({ entry: avcEntry('avc1', colr) }));
    expect(presentation.masterPlaylist()).toContain(`VIDEO-RANGE=${range}`);
    const entry = initBox(presentation.initSegment('v0'), 'moov', 'trak', 'mdia', 'minf', 'stbl', 'stsd');
    expect(Buffer.from(entry ?? []).includes('colrnclx')).toBe(true);
  });

  it('of sound alone make it the variant', async () => {
    const presentation = await present(audioPlan());
    expect(presentation.masterPlaylist()).toContain('CODECS="mp4a.40.2"\na0.m3u8\n');
    expect(presentation).toMatchObject({ width: 0, height: 0, maxGop: 0, frameRate: undefined });
  });
});

describe('a picture', () => {
  it('is as large as it is shown: turned, and with its pixel aspect', async () => {
    const entry = avcEntry('avc1', box('pasp', uint32(4, 3)));
    const presentation = await present(videoPlan({ entry, matrix: TURNED }));
    expect(presentation).toMatchObject({ rotation: 90, width: 180, height: 427 });
    const tkhd = initBox(presentation.initSegment('v0'), 'moov', 'trak', 'tkhd');
    expect(tkhd?.subarray(40, 76)).toEqual(uint32(...TURNED));
  });
});

describe('segments', () => {
  it('know their times without being made', async () => {
    const [video] = (await present(videoPlan())).tracks;
    expect(video).toMatchObject({ id: 'v0', kind: 'video', segmentCount: 4 });
    const starts = [0, 1, 2, 3, 4].map((n) => video?.segmentStart(n));
    expect(starts).toEqual([0, 2, 4, 8, 10]);
    expect(video?.segmentDuration(2)).toBe(4);
    expect([-1, 0, 1.9, 2, 7.9, 8, 99].map((time) => video?.segmentAt(time))).toEqual([0, 0, 0, 1, 2, 3, 3]);
  });

  it('that do not exist are refused by name', async () => {
    const presentation = await present(videoPlan());
    for (const n of [-1, 4, 0.5, Number.NaN]) {
      expect(() => presentation.segment('v0', n)).toThrow(PackagerError);
    }
    expect(() => presentation.segment('a0', 0)).toThrow(expect.objectContaining({ code: 'no_such_track' }));
    expect(() => presentation.segment('v0', 9)).toThrow(expect.objectContaining({ code: 'no_such_segment' }));
  });

  it('can follow those of another presentation', async () => {
    const original = await present(videoPlan());
    const index = await indexSource(bytesSource(buildMovie([videoPlan({ stss: [1, 21, 41, 81, 91] })])));
    const rendition = createPresentation(index, { boundaries: original.boundaries });
    expect(rendition.boundaries).toEqual(original.boundaries);
    expect(rendition.boundaries).toEqual([2, 4, 8]);
  });
});

describe('a master playlist', () => {
  const variant = (id: string, videoRange: 'SDR' | 'PQ') => ({
    ...{
      id,
      videoRange,
      bandwidth: 2,
      averageBandwidth: 1,
      codecs: 'hvc1.2.4.L93.90',
      width: 640,
      height: 360,
    },
    frameRate: 25,
  });
  const ranges = (...variants: ReturnType<typeof variant>[]) =>
    writeMaster(variants, [], true)
      .split('\n')
      .filter((line) => line.startsWith('#EXT-X-STREAM-INF'))
      .map((line) => /VIDEO-RANGE=(\w+)/.exec(line)?.[1]);

  it('tells the range of all variants where one of them is not SDR, and else of none', () => {
    expect(ranges(variant('v0', 'PQ'), variant('v720', 'SDR'))).toEqual(['PQ', 'SDR']);
    expect(ranges(variant('v0', 'SDR'), variant('v720', 'SDR'))).toEqual([undefined, undefined]);
  });
});
