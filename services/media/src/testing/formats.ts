import { made, written } from './sources.ts';
import { advancedProfile, mainProfile } from './vc1.ts';

const SECONDS = 7;
const picture = (size: string, rate: number) => [
  ...['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${rate}:duration=${SECONDS}`],
];
const sound = (rate: number) => [
  ...['-f', 'lavfi', '-i', `sine=frequency=440:r=${rate}:duration=${SECONDS}`],
];

/** Frames as a recorder of a screen writes them: while something moves, and the last one. */
const UNEVEN = `select='lt(mod(n,50),20)+eq(n,${SECONDS * 25 - 1})'`;

const vc1 = () => [
  '-framerate',
  '25',
  '-f',
  'vc1',
  '-i',
  written('a.vc1', () => advancedProfile(SECONDS * 25)),
];
const wmv9 = () => ['-f', 'vc1test', '-i', written('a.rcv', () => mainProfile(SECONDS * 25, 25))];

interface Format {
  readonly file: string;
  /** The input of its picture, where ffmpeg does not make that itself. */
  readonly picture?: () => string[];
  /** Codecs and container. */
  readonly args: readonly string[];
  readonly size?: string;
  /** Frames a second, and hertz. */
  readonly rate?: number;
  readonly hertz?: number;
  readonly only?: 'picture' | 'sound';
}

const yuv = ['-pix_fmt', 'yuv420p'];
const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '50', '-bf', '2'];

/** Files that editors, cameras, recorders and old players make and that no browser plays, by what they hold. */
export const formats = {
  'FLV: Sorenson, MP3': { file: 'a.flv', hertz: 44_100, args: ['-c:v', 'flv1', '-c:a', 'libmp3lame'] },
  'FLV: screen video, Nellymoser': {
    ...{ file: 'screen.flv', hertz: 44_100 },
    args: ['-c:v', 'flashsv', '-c:a', 'nellymoser', '-ac', '1'],
  },
  'FLV: screen video, uneven': {
    ...{ file: 'screen-uneven.flv', hertz: 44_100 },
    // shown at 25 frames a second, so that none of those that are there loses its time
    args: ['-vf', UNEVEN, '-fps_mode', 'vfr', '-c:v', 'flashsv', '-c:a', 'nellymoser', '-ac', '1'],
  },
  'FLV: screen video 2, ADPCM': {
    ...{ file: 'screen2.flv', hertz: 44_100 },
    args: ['-c:v', 'flashsv2', '-c:a', 'adpcm_swf'],
  },
  'WMV: WMV 8, WMA': { file: 'b.wmv', hertz: 44_100, args: ['-c:v', 'wmv2', '-c:a', 'wmav2'] },
  'ASF: MS MPEG-4, WMA 1': { file: 'c.asf', hertz: 44_100, args: ['-c:v', 'msmpeg4v3', '-c:a', 'wmav1'] },
  'WMV: WMV 9, WMA': {
    ...{ file: 'wmv9.wmv', hertz: 44_100, picture: wmv9 },
    args: ['-c:v', 'copy', '-c:a', 'wmav2'],
  },
  'MKV: VC-1, AC-3': { file: 'vc1.mkv', picture: vc1, args: ['-c:v', 'copy', '-c:a', 'ac3'] },
  'TS: VC-1, AC-3': {
    file: 'vc1.ts',
    picture: vc1,
    args: ['-c:v', 'copy', '-c:a', 'ac3', '-f', 'mpegts'],
  },
  'MPEG-PS: MPEG-2, MP2': { file: 'd.mpg', args: ['-c:v', 'mpeg2video', '-c:a', 'mp2', '-f', 'vob'] },
  'MPEG-PS: MPEG-1, MP2': { file: 'e.mpg', args: ['-c:v', 'mpeg1video', '-c:a', 'mp2', '-f', 'mpeg'] },
  'MPEG-PS: MPEG-2, AC-3': { file: 'f.vob', args: ['-c:v', 'mpeg2video', '-c:a', 'ac3', '-f', 'vob'] },
  'MPEG-PS: MPEG-2, DVD PCM': {
    file: 'g.vob',
    args: ['-c:v', 'mpeg2video', '-c:a', 'pcm_s16be', '-ac', '2', '-f', 'vob'],
  },
  'AVI: H.264 with B pictures, PCM': { file: 'h.avi', args: [...x264, ...yuv, '-c:a', 'pcm_s16le'] },
  'AVI: DivX, MP3': {
    file: 'i.avi',
    args: ['-c:v', 'mpeg4', '-bf', '2', '-vtag', 'DIVX', '-c:a', 'libmp3lame'],
  },
  'AVI: MJPEG, PCM': { file: 'j.avi', args: ['-c:v', 'mjpeg', '-c:a', 'pcm_u8'] },
  'AVI: HuffYUV, ADPCM': { file: 'k.avi', args: ['-c:v', 'huffyuv', '-c:a', 'adpcm_ms'] },
  'AVI: RGB, PCM': {
    file: 'l.avi',
    args: ['-c:v', 'rawvideo', '-pix_fmt', 'bgr24', '-c:a', 'pcm_s16le'],
    size: '160x90',
  },
  'MOV: ProRes, PCM of 24 bits': { file: 'm.mov', args: ['-c:v', 'prores_ks', '-c:a', 'pcm_s24le'] },
  'MOV: DNxHR, PCM': {
    ...{ file: 'n.mov', size: '640x360' },
    args: ['-c:v', 'dnxhd', '-profile:v', 'dnxhr_sq', '-pix_fmt', 'yuv422p', '-c:a', 'pcm_s16le'],
  },
  'MOV: Sorenson 1, IMA ADPCM': { file: 'o.mov', args: ['-c:v', 'svq1', '-c:a', 'adpcm_ima_qt'] },
  'MXF: MPEG-2, PCM': { file: 'p.mxf', args: ['-c:v', 'mpeg2video', '-c:a', 'pcm_s16le'] },
  'RealMedia: RealVideo, AC-3': {
    ...{ file: 'q.rm', size: '352x288' },
    args: ['-c:v', 'rv10', '-c:a', 'ac3'],
  },
  'DV: DV, PCM': { file: 'r.dv', size: '720x576', args: ['-ac', '2'] },
  'MKV: H.264, DTS': { file: 's.mkv', args: [...x264, ...yuv, '-c:a', 'dca', '-strict', '-2', '-ac', '2'] },
  'MP4: H.264, 10 bits': { file: 't.mp4', args: [...x264, '-pix_fmt', 'yuv420p10le', '-c:a', 'aac'] },
  'MP4: H.264, 4:2:2': { file: 'u.mp4', args: [...x264, '-pix_fmt', 'yuv422p', '-c:a', 'aac'] },
  'MP4: H.264, 4:4:4': { file: 'v.mp4', args: [...x264, '-pix_fmt', 'yuv444p', '-c:a', 'aac'] },
  'MP4: HEVC, HLG': {
    file: 'w.mp4',
    args: [
      ...['-c:v', 'libx265', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p10le', '-tag:v', 'hvc1'],
      ...['-x265-params', 'keyint=50:log-level=error', '-color_primaries', 'bt2020'],
      ...['-color_trc', 'arib-std-b67', '-colorspace', 'bt2020nc', '-c:a', 'aac'],
    ],
  },
  '3GP: H.263, AAC': { file: 'x.3gp', size: '352x288', args: ['-c:v', 'h263', '-c:a', 'aac'] },
  'TS: MPEG-4, MP2': { file: 'y.ts', args: ['-c:v', 'mpeg4', '-bf', '2', '-c:a', 'mp2', '-f', 'mpegts'] },
  'TS: H.264, DTS': {
    file: 'z.ts',
    args: [...x264, ...yuv, '-c:a', 'dca', '-strict', '-2', '-ac', '2', '-f', 'mpegts'],
  },
  'TS: H.264, LATM': {
    file: 'latm.ts',
    args: [...x264, ...yuv, '-c:a', 'aac', '-f', 'mpegts', '-mpegts_flags', 'latm'],
  },
  GIF: { file: 'moving.gif', args: [], only: 'picture', rate: 10 },
  AIFF: { file: 'sound.aiff', args: [], only: 'sound' },
  'Ogg: Theora, Vorbis': { file: 'ogg.ogv', args: ['-c:v', 'libtheora', '-c:a', 'libvorbis'] },
} satisfies Record<string, Format>;

export type FormatName = keyof typeof formats;

/** Seconds, and frames that a picture has in them. */
export const formatSeconds = SECONDS;
export const framesOf = (name: FormatName): number => SECONDS * ((formats[name] as Format).rate ?? 25);
export const hasPicture = (name: FormatName): boolean => (formats[name] as Format).only !== 'sound';
export const hasSound = (name: FormatName): boolean => (formats[name] as Format).only !== 'picture';

/** The bytes of such a file, made once. */
export function fileOf(name: FormatName): Buffer {
  const {
    file,
    args,
    size = '320x180',
    rate = 25,
    hertz = 48_000,
    only,
    picture: input,
  }: Format = formats[name];
  const inputs = [
    ...(only === 'sound' ? [] : (input?.() ?? picture(size, rate))),
    ...(only === 'picture' ? [] : sound(hertz)),
  ];
  return made(`format-${file}`, [...inputs, ...args]);
}
