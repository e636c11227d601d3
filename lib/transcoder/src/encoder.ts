/** Encoders of H.264 that may be chosen; all but the first need a device. */
export const encoderNames = ['libx264', 'vaapi', 'nvenc', 'qsv'] as const;
export type EncoderName = (typeof encoderNames)[number];

export interface EncoderSettings {
  /** Bounds of the encoder's own threads. */
  readonly threads: number;
  readonly level: string;
  /** bit/s. */
  readonly maxBitRate: number;
}

/** What an encoder needs on ffmpeg's command line. */
export interface Encoder {
  readonly name: EncoderName;
  /** Before the input. */
  readonly device: readonly string[];
  /** The last filters: pictures in the form that it takes. */
  readonly filters: string;
  readonly options: (settings: EncoderSettings) => readonly string[];
  /** Files of devices that must be reachable. */
  readonly deviceFiles: readonly string[];
}

const rate = (bitRate: number) => ['-maxrate', `${bitRate}`, '-bufsize', `${bitRate * 2}`];

/** A ceiling is not a target: hardware without constant quality aims below it. */
const target = (bitRate: number) => ['-b:v', `${Math.round(bitRate * 0.75)}`, ...rate(bitRate)];

const NEVER = '9999';
const RENDER_NODE = '/dev/dri/renderD128';
const NVIDIA = ['/dev/nvidiactl', '/dev/nvidia-uvm', '/dev/nvidia-uvm-tools', '/dev/nvidia0'];

/** Key frames only where they are asked for, each with a closed group of pictures. */
export const encoders: Readonly<Record<EncoderName, Encoder>> = {
  libx264: {
    name: 'libx264',
    device: [],
    filters: 'format=yuv420p',
    options: ({ threads, level, maxBitRate }) => [
      ...['-c:v', 'libx264', '-preset', 'veryfast', '-profile:v', 'high', '-level:v', level, '-crf', '23'],
      ...[...rate(maxBitRate), '-forced-idr', '1', '-threads', `${threads}`],
      ...['-x264-params', 'keyint=infinite:min-keyint=1:scenecut=0:open-gop=0'],
    ],
    deviceFiles: [],
  },
  vaapi: {
    name: 'vaapi',
    device: ['-init_hw_device', `vaapi=hw:${RENDER_NODE}`, '-filter_hw_device', 'hw'],
    filters: 'format=nv12,hwupload',
    options: ({ level, maxBitRate }) => [
      ...['-c:v', 'h264_vaapi', '-profile:v', 'high', '-level:v', level.replace('.', '')],
      ...['-rc_mode', 'VBR', ...target(maxBitRate), '-g', NEVER, '-bf', '0'],
    ],
    deviceFiles: ['/dev/dri'],
  },
  nvenc: {
    name: 'nvenc',
    device: [],
    filters: 'format=yuv420p',
    options: ({ level, maxBitRate }) => [
      ...['-c:v', 'h264_nvenc', '-preset', 'p4', '-profile:v', 'high', '-level:v', level],
      // without the zero ffmpeg aims at its default of 2 Mbit/s, whatever the quality asked for
      ...[
        '-rc',
        'vbr',
        '-cq',
        '25',
        '-b:v',
        '0',
        ...rate(maxBitRate),
        '-forced-idr',
        '1',
        '-no-scenecut',
        '1',
      ],
      ...['-g', NEVER, '-bf', '0'],
    ],
    deviceFiles: NVIDIA,
  },
  qsv: {
    name: 'qsv',
    device: ['-init_hw_device', 'qsv=hw', '-filter_hw_device', 'hw'],
    filters: 'format=nv12',
    options: ({ maxBitRate }) => [
      ...['-c:v', 'h264_qsv', '-preset', 'veryfast', '-profile:v', 'high', '-forced_idr', '1'],
      ...[...target(maxBitRate), '-g', NEVER, '-bf', '0'],
    ],
    deviceFiles: ['/dev/dri'],
  },
};
