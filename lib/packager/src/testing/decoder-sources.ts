import { fixture } from './fixtures.ts';

const picture = (seconds = 4) => ['-f', 'lavfi', '-i', `testsrc2=s=320x180:r=25:d=${seconds}`];
const tone = (seconds = 4) => ['-f', 'lavfi', '-i', `sine=440:r=48000:d=${seconds}`];
const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '25', '-threads', '1'];
const both = (name: string, ...codec: string[]) => fixture(name, [...picture(), ...tone(), ...codec]);
const sound = (name: string, ...codec: string[]) => both(name, ...h264, '-ac', '2', ...codec);

/** Sources with something that browsers do not play in MP4: `v0` or `a0` needs a decoder. */
export const decoderSources = {
  'MPEG-4 ASP in MP4': () => both('asp.mp4', '-c:v', 'mpeg4', '-g', '25', '-bf', '2', '-c:a', 'aac'),
  'MPEG-2 in MP4': () => both('mpeg2.mp4', '-c:v', 'mpeg2video', '-g', '12', '-bf', '2', '-c:a', 'aac'),
  'ProRes and PCM in MOV': () =>
    both('prores.mov', '-c:v', 'prores_ks', '-profile:v', '1', '-c:a', 'pcm_s16le'),
  'DNxHD and PCM in MOV': () =>
    fixture('dnxhd.mov', [
      ...['-f', 'lavfi', '-i', 'testsrc2=s=1280x720:r=25:d=1', ...tone(1)],
      ...['-c:v', 'dnxhd', '-b:v', '90M', '-pix_fmt', 'yuv422p', '-c:a', 'pcm_s24le'],
    ]),
  'Motion JPEG in MOV': () => both('mjpeg.mov', '-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p', '-c:a', 'pcm_s16be'),
  'H.264 with 10 bits': () =>
    both('hi10.mp4', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p10le', '-g', '25'),
  'H.264 with 4:2:2': () =>
    both('hi422.mov', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv422p', '-g', '25'),
  'VP8 and Vorbis in WebM': () =>
    both(
      'vp8.webm',
      '-c:v',
      'libvpx',
      '-deadline',
      'realtime',
      '-cpu-used',
      '8',
      '-g',
      '25',
      '-c:a',
      'libvorbis',
    ),
  'MPEG-2 and MP2 in Matroska': () =>
    both('mpeg2.mkv', '-c:v', 'mpeg2video', '-g', '12', '-bf', '2', '-c:a', 'mp2'),
  'ProRes and PCM in Matroska': () => both('prores.mkv', '-c:v', 'prores_ks', '-c:a', 'pcm_s24le'),
  'MPEG-4 ASP in Matroska': () =>
    both('asp.mkv', '-c:v', 'mpeg4', '-bf', '2', '-g', '25', '-c:a', 'libmp3lame'),
  'MPEG-2 and MP3 in a transport stream': () =>
    both('mpeg2.ts', '-c:v', 'mpeg2video', '-g', '12', '-bf', '2', '-c:a', 'libmp3lame'),
  'MP3 in MP4': () => sound('mp3.mp4', '-c:a', 'libmp3lame'),
  'PCM with floats in MOV': () => sound('float.mov', '-c:a', 'pcm_f32le'),
  'µ-law in MOV': () => sound('mulaw.mov', '-c:a', 'pcm_mulaw'),
  'IMA ADPCM in MOV': () => sound('ima.mov', '-c:a', 'adpcm_ima_qt', '-ar', '48000'),
  'Apple lossless in MP4': () => sound('alac.m4v', '-f', 'mp4', '-c:a', 'alac'),
  'DTS in Matroska': () => sound('dts.mkv', '-c:a', 'dca', '-strict', '-2'),
  'Vorbis in Matroska': () => sound('vorbis.mkv', '-c:a', 'libvorbis'),
  'AC-3 in MP4': () => sound('stereo-ac3.mp4', '-c:a', 'ac3'),
} satisfies Record<string, () => Promise<string>>;
