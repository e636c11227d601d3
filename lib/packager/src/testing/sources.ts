import { fixture, fixtures } from './fixtures.ts';

const base = fixtures['H.264 and AAC, moov at the end'];
const picture = (seconds: number) => ['-f', 'lavfi', '-i', `testsrc2=s=320x180:r=30:d=${seconds}`];
const tone = (seconds: number) => ['-f', 'lavfi', '-i', `sine=440:r=48000:d=${seconds}`];
const h264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-g', '30', '-threads', '1'];
const av1 = ['-c:v', 'libsvtav1', '-preset', '12', '-g', '30', '-pix_fmt', 'yuv420p'];
const vp9 = ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-g', '30', '-b:v', '300k'];
const opus = ['-c:a', 'libopus', '-b:a', '64k'];
const hevc = ['-c:v', 'libx265', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];
const closed = ['-x265-params', 'keyint=30:min-keyint=30:open-gop=0:log-level=error'];
const copied = async (name: string, file: () => Promise<string>, ...options: string[]) =>
  fixture(name, ['-i', await file(), '-map', '0', '-c', 'copy', ...options]);
const sound = (name: string, ...codec: string[]) =>
  fixture(name, [...picture(6), ...tone(6), ...h264, ...codec]);

const av1AndOpus = () => fixture('av1.mp4', [...picture(6), ...tone(6), ...av1, ...opus]);
const vp9AndOpus = () => fixture('vp9.mp4', [...picture(6), ...tone(6), ...vp9, ...opus]);

/** Containers and codecs beyond plain MP4 with H.264 or HEVC and AAC. */
export const sources = {
  'fragmented MP4': () => copied('fragmented.mp4', base, '-movflags', 'frag_keyframe+empty_moov'),
  'fragmented MP4 with an index': () =>
    copied('sidx.mp4', base, '-movflags', 'frag_keyframe+empty_moov+default_base_moof+global_sidx'),
  'fragments behind a movie header with samples': () =>
    copied('hybrid.mp4', base, '-movflags', 'frag_keyframe'),
  'AV1 and Opus in MP4': av1AndOpus,
  'VP9 and Opus in MP4': vp9AndOpus,
  'FLAC in MP4': () => sound('flac.mp4', '-c:a', 'flac', '-strict', '-2'),
  'AC-3 in MP4': () => sound('ac3.mp4', '-c:a', 'ac3', '-ac', '6'),
  'H.264 and AAC in Matroska': () => copied('base.mkv', base),
  'H.264 and AAC in Matroska without cues': () => copied('live.mkv', base, '-live', '1'),
  'HEVC in Matroska': () =>
    fixture('hevc.mkv', [...picture(6), ...tone(6), ...hevc, ...closed, '-c:a', 'aac', '-ac', '2']),
  'FLAC in Matroska': () => sound('flac.mkv', '-c:a', 'flac'),
  'AC-3 in Matroska': () => sound('ac3.mkv', '-c:a', 'ac3', '-ac', '6'),
  'E-AC-3 in Matroska': () => sound('eac3.mkv', '-c:a', 'eac3'),
  'VP9 and Opus in WebM': () => copied('vp9.webm', vp9AndOpus),
  'VP9 and Opus in live WebM': () => copied('livevp9.webm', vp9AndOpus, '-live', '1'),
  'AV1 and Opus in WebM': () => copied('av1.webm', av1AndOpus),
  'AV1 and Opus in Matroska': () => copied('av1.mkv', av1AndOpus),
  'H.264 and AAC in a transport stream': () => copied('base.ts', base),
  'H.264 and AC-3 in a transport stream with times': () =>
    sound('avchd.m2ts', '-c:a', 'ac3', '-f', 'mpegts', '-mpegts_m2ts_mode', '1'),
  'HEVC in a transport stream': () =>
    fixture('hevc.ts', [...picture(6), ...tone(6), ...hevc, ...closed, '-c:a', 'aac', '-ac', '2']),
  'AC-3 in a transport stream': () => sound('ac3.ts', '-c:a', 'ac3', '-ac', '6'),
  'E-AC-3 in a transport stream': () => sound('eac3.ts', '-c:a', 'eac3'),
  'E-AC-3 in MP4': () => sound('eac3.mp4', '-c:a', 'eac3'),
} satisfies Record<string, () => Promise<string>>;
