import type { Demuxer, TranscodeTask } from '@ptsdly/contract';
import { type Encoder, encoders } from './encoder.ts';
import { levelOf } from './level.ts';

export type VideoTask = Extract<TranscodeTask, { kind: 'video' }>;
type AudioTask = Extract<TranscodeTask, { kind: 'audio' }>;
type PicturesTask = Extract<TranscodeTask, { kind: 'pictures' }>;
type ToneMap = VideoTask['toneMap'];

/** Where a task's files are, as the process sees them, and what it may use. */
export interface CommandPlace {
  readonly input: string;
  readonly outputFolder: string;
  readonly threads: number;
  readonly encoder: Encoder;
}

export interface Command {
  readonly program: 'ffmpeg' | 'ffprobe';
  readonly args: readonly string[];
  /** The name of its output below the output folder; `%d` stands for a number from 1. Null where it makes no file. */
  readonly output: string | null;
}

/** Half of the shortest time between two frames (240 a second) is 2 ms: no frame is taken for its neighbour. */
const TOLERANCE = 0.0005;
/** Where no frame rate is told, the level leaves room for this one. */
const USUAL_RATE = 60;
const MAX_STREAMS = 64;
const MAX_PIXELS = 8192 * 8192;
/** Containers without an index of key frames: reading begins this much earlier, so that one is met in time. */
const RUN_UP_SECONDS = 15;
/**
 * With an index a search finds the last key frame by its decode time, which in an open group stands before pictures that
 * need the group before: they are shown within this time of it.
 */
const LEADING_SECONDS = 1;
/** Sound in front of a part, for decoders that need to get going. */
const SOUND_RUN_UP = 1;
const INDEXED: readonly Demuxer[] = ['mov', 'matroska'];

/**
 * The one command line for a task. The demuxer is named and protocols are two, so nothing in the file is followed to
 * another file or address.
 */
export function commandOf(task: TranscodeTask, place: CommandPlace): Command {
  switch (task.kind) {
    case 'video':
      return videoCommand(task, place);
    case 'audio':
      return audioCommand(task, place);
    case 'pictures':
      return picturesCommand(task, place);
    case 'loudness':
      return command(place, null, inputOf(task, place), [
        ...['-map', `0:a:${task.track}`, '-af', 'ebur128=peak=true:framelog=verbose', '-f', 'null', '-'],
      ]);
    case 'remux':
      return command(place, 'remux.mkv', inputOf(task, place, '-fflags', '+genpts'), [
        ...['-map', '0:V?', '-map', '0:a?', '-c', 'copy', '-f', 'matroska'],
      ]);
    case 'probe':
      return {
        program: 'ffprobe',
        args: [
          ...['-v', 'error', '-of', 'json', '-show_format', '-show_streams'],
          ...guarded(task.input.demuxer, place),
        ],
        output: null,
      };
  }
}

function command(
  { threads, outputFolder }: CommandPlace,
  output: string | null,
  input: readonly string[],
  work: readonly string[],
): Command {
  const bare = ['-map_metadata', '-1', '-map_chapters', '-1', '-fflags', '+bitexact', '-sn', '-dn'];
  const args = [
    ...['-hide_banner', '-v', output ? 'error' : 'info', '-nostats', '-nostdin', '-y'],
    ...['-progress', 'pipe:1', '-stats_period', '0.5', '-filter_threads', `${threads}`],
    ...[...input, ...bare, ...work],
    ...(output ? [`file:${outputFolder}/${output}`] : []),
  ];
  return { program: 'ffmpeg', args, output };
}

function inputOf(task: TranscodeTask, place: CommandPlace, ...options: string[]): string[] {
  return [
    ...['-threads', `${place.threads}`, '-max_pixels', `${MAX_PIXELS}`],
    ...options,
    ...guarded(task.input.demuxer, place),
  ];
}

function guarded(demuxer: Demuxer, { input }: CommandPlace): string[] {
  const references = demuxer === 'mov' ? ['-enable_drefs', '0', '-use_absolute_path', '0'] : [];
  const limits = ['-protocol_whitelist', 'file,pipe', '-max_streams', `${MAX_STREAMS}`];
  return [...limits, ...references, '-f', demuxer, '-i', `file:${input}`];
}

/** A window begins with the frame at `from`, which is presented at zero in the output. */
function videoCommand(task: VideoTask, place: CommandPlace): Command {
  const { from, to, frameRate, keyFrames, maxBitRate, width, height } = task;
  const { encoder, threads } = place;
  const start = from ?? 0;
  const times = keyFrames.map((time) => time - start - TOLERANCE).filter((time) => time > 0);
  const filters = [
    ...(task.delay ? sooner(task.delay) : []),
    trim(from, to),
    ...(frameRate ? evenFrames(frameRate, to === undefined ? undefined : to - start) : []),
    ...picture(task),
    encoder.filters,
  ].filter((filter) => filter !== '');
  const level = levelOf({ width, height, frameRate: frameRate ?? USUAL_RATE, bitRate: maxBitRate });
  const input = inputOf(
    task,
    place,
    ...(encoder.device as string[]),
    ...seek(task.input.demuxer, start),
    '-copyts',
  );
  return command(place, 'video.mp4', input, [
    ...['-map', `0:V:${task.track}`, '-an', '-vf', filters.join(',')],
    ...['-fps_mode', 'passthrough', '-enc_time_base', frameRate ? '1:90000' : '-1'],
    ...encoder.options({ threads, level, maxBitRate }),
    ...keyFrameOptions(keyFrames.length > 0 ? times : undefined),
    // Signed composition offsets, as lib/packager writes them, in place of an edit list (ISO/IEC 14496-12 §8.8.8).
    ...['-movflags', '+frag_keyframe+empty_moov+default_base_moof+negative_cts_offsets', '-f', 'mp4'],
  ]);
}

/**
 * Samples are counted from the start of the timeline, so that parts made one by one fit to the sample: the resampler drops
 * or fills up to the first (`first_pts` with `min_comp=0`), and silence stands behind the last.
 */
function audioCommand(task: AudioTask, place: CommandPlace): Command {
  const { from, to, sampleRate, channels, bitRate } = task;
  const filters = [
    `aresample=${sampleRate}:async=1:min_comp=0:min_hard_comp=0.02:first_pts=${from}`,
    `apad=whole_len=${to - from},atrim=end_sample=${to - from},asetpts=N`,
  ];
  const input = inputOf(
    task,
    place,
    ...seek(task.input.demuxer, from / sampleRate - SOUND_RUN_UP),
    '-copyts',
  );
  return command(place, 'audio.mp4', input, [
    ...['-map', `0:a:${task.track}`, '-af', filters.join(',')],
    ...['-c:a', 'aac', '-ac', `${channels}`, '-b:a', `${bitRate}`],
    ...['-movflags', '+empty_moov+delay_moov+default_base_moof', '-frag_duration', '10000000'],
    ...['-f', 'mp4'],
  ]);
}

/** The first frame is one anyway. Where none is named there is one every two seconds. */
function keyFrameOptions(times: readonly number[] | undefined): string[] {
  if (!times) return ['-force_key_frames', 'expr:gte(t,n_forced*2)'];
  return times.length > 0 ? ['-force_key_frames', times.map((time) => time.toFixed(6)).join(',')] : [];
}

/** All frames of a part of so many seconds, whatever can be decoded of it. */
function evenFrames(rate: number, seconds: number | undefined): string[] {
  if (seconds === undefined) return [`fps=${rate}`];
  const held = 'tpad=stop=-1:stop_mode=clone';
  const black = 'tpad=stop=-1:stop_mode=add:color=black'; // where there is nothing to hold
  return [`fps=${rate}:start_time=0`, held, black, `trim=end_frame=${Math.round(seconds * rate)}`];
}

/** By so many seconds; the last picture, which a decoder gives out at no time, is the one before it once more. */
function sooner(seconds: number): string[] {
  return [`setpts=round(PTS-${seconds.toFixed(6)}/TB)`, 'tpad=stop=1:stop_mode=clone'];
}

function seek(demuxer: Demuxer, from: number): string[] {
  const byIndex = INDEXED.includes(demuxer);
  const zero = byIndex ? ['-seek_timestamp', '1'] : ['-start_at_zero'];
  const target = from - (byIndex ? LEADING_SECONDS : RUN_UP_SECONDS);
  return target > 0 ? [...zero, '-noaccurate_seek', '-ss', target.toFixed(6)] : zero;
}

function trim(from: number | undefined, to: number | undefined): string {
  if (from === undefined && to === undefined) return '';
  const start = from ?? 0;
  const first = Math.max(0, start - TOLERANCE).toFixed(6);
  const end = to === undefined ? '' : `:end=${(to - TOLERANCE).toFixed(6)}`;
  return `trim=start=${first}${end},setpts=round(PTS-${start.toFixed(6)}/TB)`;
}

interface Sized {
  readonly width: number;
  readonly height: number;
  readonly toneMap: ToneMap;
}

/** High dynamic range as it leaves a camera (ITU-R BT.2100), for screens of BT.709. */
const TRANSFER: Readonly<Record<Exclude<ToneMap, 'none'>, string>> = {
  pq: 'smpte2084',
  hlg: 'arib-std-b67',
};
/** cd/m² of diffuse white in both (ITU-R BT.2408 §2.1). */
const WHITE = 203;
/** cd/m² of the brightest that cameras and masters use; what lies between is rolled off, what is white stays so. */
const PEAK = 1000;

function picture({ width, height, toneMap }: Sized): string[] {
  const square = 'setsar=1';
  if (toneMap === 'none') return [`scale=${width}:${height}:flags=bicubic`, square];
  const source = `tin=${TRANSFER[toneMap]}:pin=2020:min=2020_ncl:rin=tv`;
  return [
    `zscale=w=${width}:h=${height}:${source}:t=linear:p=2020:npl=${WHITE}`,
    ...['format=gbrpf32le', 'zscale=p=bt709', `tonemap=mobius:desat=0:peak=${(PEAK / WHITE).toFixed(3)}`],
    ...['zscale=t=bt709:m=bt709:r=tv', square],
  ];
}

function picturesCommand(task: PicturesTask, place: CommandPlace): Command {
  const filters = [...picture(task), 'format=yuvj420p', `tile=${task.columns}x${task.rows}`];
  return command(place, 'sheet-%d.jpg', inputOf(task, place), [
    ...['-map', '0:V:0', '-an', '-vf', filters.join(','), '-fps_mode', 'passthrough', '-enc_time_base', '-1'],
    ...['-c:v', 'mjpeg', '-q:v', '4', '-threads', '1', '-start_number', '1', '-f', 'image2'],
  ]);
}

/** A picture through the chosen encoder, made of nothing: whether it works on this machine. */
export function trialCommand(place: CommandPlace): Command {
  const { encoder, threads } = place;
  const settings = { threads, level: '3.1', maxBitRate: 1_000_000 };
  return command(
    place,
    'trial.mp4',
    [...encoder.device, '-f', 'lavfi', '-i', 'testsrc2=s=640x360:d=0.2'],
    [...['-vf', encoder.filters, ...encoder.options(settings), '-f', 'mp4']],
  );
}

export const softwareEncoder = encoders.libx264;
