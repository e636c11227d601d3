import { fixture, fixtures } from './fixtures.ts';
import { sources } from './sources.ts';
import { beyondFourGigabytes } from './sparse.ts';

/** What is expected of a file beyond the checks that all files get. */
export interface TortureCase {
  readonly make: () => Promise<string>;
  /** Runs with every `npm test`. */
  readonly quick?: true;
  /** Pictures in front of a segment's first sync sample need the segment before. */
  readonly openGroups?: true;
  /** Attributes that the master playlist must have. */
  readonly master?: readonly RegExp[];
}

const picture = (seconds: number, rate: number | string = 25, size = '192x108') => [
  ...['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=${rate}:d=${seconds}`],
];
const tone = (seconds: number) => ['-f', 'lavfi', '-i', `sine=440:r=48000:d=${seconds}`];
const x264 = (group: number, ...more: string[]) => [
  ...['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-threads', '1'],
  ...['-g', String(group), '-keyint_min', String(group), '-sc_threshold', '0', ...more],
];
const x265 = (params: string, ...more: string[]) => [
  ...['-c:v', 'libx265', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', ...more],
  ...['-x265-params', `keyint=25:min-keyint=25:scenecut=0:log-level=error:pools=1:frame-threads=1:${params}`],
];
const aac = ['-c:a', 'aac', '-b:a', '64k'];
const vp9 = ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-g', '30', '-b:v', '200k'];
const opus = ['-c:a', 'libopus', '-b:a', '48k'];
const hdr = (transfer: string) => [
  ...['-color_primaries', 'bt2020', '-color_trc', transfer, '-colorspace', 'bt2020nc'],
];

const grouped = (name: string, seconds: number, group: number, ...more: string[]) =>
  fixture(name, [...picture(seconds), ...tone(seconds), ...x264(group, ...more), ...aac]);
const rated = (name: string, rate: string) =>
  fixture(name, [...picture(6, rate), ...tone(6), ...x264(60, '-bf', '2'), ...aac]);
const plain = () => grouped('plain.mp4', 10, 50, '-bf', '2');
const copied = async (name: string, from: () => Promise<string>, ...options: string[]) =>
  fixture(name, ['-i', await from(), '-map', '0', '-c', 'copy', ...options]);
const turned = (degrees: number) =>
  copied(`turned${degrees}.mp4`, plain, '-metadata:s:v', `rotate=${degrees}`);

/** Files that cameras, recorders and editors make, and a few that nobody should. */
export const tortureCases: Readonly<Record<string, TortureCase>> = {
  'groups of half a second': { make: () => grouped('gop12.mp4', 10, 12) },
  'groups of 2 s, 25 frames a second, moov at the end': { make: plain, master: [/FRAME-RATE=25\.000/] },
  'groups of 10 s': { make: () => grouped('gop250.mp4', 31, 250) },
  'groups of 30 s': { make: () => grouped('gop750.mp4', 65, 750) },
  'a single keyframe': { make: () => grouped('single.mp4', 25, 9999), quick: true },
  'open groups': {
    make: () => grouped('open.mp4', 10, 25, '-bf', '3', '-x264-params', 'open-gop=1:b-adapt=0'),
    quick: true,
    openGroups: true,
  },
  'a pyramid of B-frames': {
    make: () => grouped('pyramid.mp4', 8, 50, '-bf', '5', '-x264-params', 'b-pyramid=normal:b-adapt=0'),
    quick: true,
  },
  'variable frame rate': { make: fixtures['variable frame rate'], quick: true },
  'a frame rate of 23.976': {
    make: () => rated('film.mp4', '24000/1001'),
    master: [/FRAME-RATE=23\.97[56]/],
  },
  'a frame rate of 29.97': { make: () => rated('ntsc.mp4', '30000/1001'), master: [/FRAME-RATE=29\.970/] },
  'a frame rate of 59.94 in Matroska': {
    make: () => rated('ntsc60.mkv', '60000/1001'),
    quick: true,
    master: [/FRAME-RATE=59\.9[34]/],
  },
  'a frame rate of 120': { make: () => rated('fast.mp4', '120'), master: [/FRAME-RATE=120\.000/] },
  'a turn of 90 degrees': { make: () => turned(90), master: [/RESOLUTION=108x192/] },
  'a turn of 180 degrees': { make: () => turned(180), master: [/RESOLUTION=192x108/] },
  'a turn of 270 degrees': { make: () => turned(270), quick: true, master: [/RESOLUTION=108x192/] },
  'moov in front': { make: () => copied('plain-front.mp4', plain, '-movflags', '+faststart') },
  fragments: { make: () => copied('plain-fragments.mp4', plain, '-movflags', 'frag_keyframe+empty_moov') },
  'short fragments with B-frames': {
    make: () =>
      copied(
        'plain-short.mp4',
        plain,
        '-movflags',
        'empty_moov+default_base_moof',
        '-frag_duration',
        '300000',
      ),
    quick: true,
  },
  'an empty edit': { make: fixtures['empty edit in front of the video'] },
  'an edit that starts inside a group': {
    make: fixtures['edit that starts inside a group of pictures'],
    quick: true,
  },
  'an odd size and pixels that are not square': {
    make: () =>
      fixture('odd.webm', [
        ...[
          ...picture(5, 30, '324x184'),
          ...tone(5),
          '-vf',
          'format=yuv444p,crop=321:181,format=yuv420p,setsar=4/3',
          ...vp9,
          ...opus,
        ],
      ]),
    quick: true,
    master: [/RESOLUTION=428x181/],
  },
  'a size that is no multiple of 16': {
    make: () => fixture('crop.mp4', [...picture(5, 25, '322x182'), ...x264(25, '-bf', '2')]),
    master: [/RESOLUTION=322x182/],
  },
  'no sound': { make: () => fixture('mute.mp4', [...picture(6), ...x264(50)]) },
  'sound alone': { make: fixtures['sound only'] },
  'two sound tracks, one of them 5.1': {
    make: () =>
      fixture('tracks.mp4', [
        ...[...picture(6), ...tone(6), ...tone(6), '-map', '0', '-map', '1', '-map', '2', ...x264(50)],
        ...['-c:a', 'aac', '-ac:a:0', '2', '-ac:a:1', '6', '-metadata:s:a:0', 'language=kor'],
        ...['-metadata:s:a:1', 'language=eng', '-metadata:s:a:1', 'title=Commentary'],
      ]),
    quick: true,
    master: [/LANGUAGE="ko",/, /LANGUAGE="en",.*CHANNELS="6"/],
  },
  PCM: { make: () => fixture('pcm.mov', [...picture(6), ...tone(6), ...x264(50), '-c:a', 'pcm_s16le']) },
  'AC-3': { make: sources['AC-3 in MP4'] },
  Opus: { make: () => fixture('opus.mp4', [...picture(6), ...tone(6), ...x264(50), ...opus]) },
  'HEVC tagged hvc1': {
    make: () =>
      fixture('hvc1.mp4', [...picture(6), ...tone(6), ...x265('open-gop=0'), '-tag:v', 'hvc1', ...aac]),
    master: [/CODECS="hvc1\.1\./],
  },
  'HEVC tagged hev1': { make: fixtures['HEVC tagged hev1'], master: [/CODECS="hvc1\.1\./] },
  'HEVC with 10 bits, HLG': {
    make: () =>
      fixture('hlg.mp4', [
        ...picture(6),
        ...x265('open-gop=0', '-pix_fmt', 'yuv420p10le', ...hdr('arib-std-b67')),
        ...['-tag:v', 'hvc1'],
      ]),
    quick: true,
    master: [/CODECS="hvc1\.2\./, /VIDEO-RANGE=HLG/],
  },
  'HEVC with 10 bits, PQ and open groups': {
    make: fixtures['HEVC with open groups, HDR'],
    openGroups: true,
    master: [/VIDEO-RANGE=PQ/],
  },
  AV1: { make: sources['AV1 and Opus in MP4'], master: [/CODECS="av01\.0\./] },
  VP9: { make: sources['VP9 and Opus in MP4'], master: [/CODECS="vp09\.00\./] },
  'Matroska with cues': { make: () => copied('plain.mkv', plain) },
  'Matroska without cues': { make: () => copied('plain-live.mkv', plain, '-live', '1'), quick: true },
  'a transport stream': { make: () => copied('plain.ts', plain), quick: true },
  'offsets beyond 4 GB': { make: () => beyondFourGigabytes(plain) },
  'eleven hours at one frame a second': {
    make: () =>
      fixture('eleven.mp4', [
        ...['-f', 'lavfi', '-i', 'testsrc2=s=64x36:r=1:d=39600', '-c:v', 'libx264', '-preset', 'ultrafast'],
        ...['-pix_fmt', 'yuv420p', '-threads', '1', '-g', '8', '-bf', '2'],
      ]),
    master: [/FRAME-RATE=1\.000/],
  },
};
