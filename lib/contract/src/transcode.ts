import { z } from 'zod';
import { seconds } from './fields.ts';

/**
 * What a media server may ask its host's transcoder to do: a closed vocabulary, never a command line. Paths are
 * relative to the server's own folder and stay in it; times are seconds on the presentation timeline of the input.
 */
const workPath = z
  .string()
  .max(300)
  .regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*){0,5}$/);

/** The only demuxers that may be named: none of them follows a reference to another file or address. */
export const demuxer = z.enum([
  'mov',
  'matroska',
  'mpegts',
  'mpeg',
  'avi',
  'flv',
  'asf',
  'ogg',
  'wav',
  'mp3',
  'flac',
  'aac',
  'mxf',
  'rm',
  'dv',
  'aiff',
  'caf',
  'gif',
  'wtv',
]);
export type Demuxer = z.infer<typeof demuxer>;

const input = z.object({ path: workPath, demuxer });
/** Of the input's tracks of this kind (cover pictures left out), counted from 0. */
const track = z.int().min(0).max(63);
const samples = z
  .int()
  .min(0)
  .max(48_000 * 3600 * 24 * 10);
const pixels = z.int().min(2).max(8192);
const toneMap = z.enum(['none', 'pq', 'hlg']);
const priority = z.enum(['viewer', 'background']);

export const transcodeTask = z.discriminatedUnion('kind', [
  /**
   * One window of a rendition: H.264 in fragmented MP4 with a closed GOP at each of `keyFrames`. Its first frame, the
   * one at `from`, is presented at 0 in the output: add `from` (`start` of the packager) to be back on the timeline.
   */
  z.object({
    kind: z.literal('video'),
    priority,
    input,
    track,
    /** The part of the input to encode, from frame to frame; all of it when absent. `to` is not in it. */
    from: seconds.optional(),
    to: seconds.optional(),
    /** Below `work/`, as every output; its folders are made, and it appears when it is whole. */
    output: workPath,
    width: pixels,
    height: pixels,
    /**
     * Frames a second; the input's own timing when absent. With `to` the output then has every frame of the part: where
     * the input has none the one before stays, and where nothing can be decoded it is black.
     */
    frameRate: z.number().min(1).max(240).optional(),
    /** By which a decoder shows pictures later than their packets' times; 0 when absent. */
    delay: seconds.optional(),
    /** Ceiling in bit/s. */
    maxBitRate: z.int().min(50_000).max(200_000_000),
    /** On the input's timeline. */
    keyFrames: z.array(seconds).max(2000),
    toneMap,
  }),
  /**
   * AAC-LC in fragmented MP4; where the input is silent or late, so is it. One packet of the encoder's own stands in
   * front of the first sample.
   */
  z.object({
    kind: z.literal('audio'),
    priority,
    input,
    track,
    output: workPath,
    /** Hertz. */
    sampleRate: z.int().min(8000).max(48_000),
    /** The part of the input to encode, in samples of that rate from its start, exactly; `to` is not in it. */
    from: samples,
    to: samples,
    channels: z.int().min(1).max(6),
    /** bit/s. */
    bitRate: z.int().min(16_000).max(640_000),
  }),
  /** The pictures of the input, each once and in order, on JPEG sheets `<output>-%d.jpg` counted from 1. */
  z.object({
    kind: z.literal('pictures'),
    priority,
    input,
    output: workPath,
    width: pixels,
    height: pixels,
    columns: z.int().min(1).max(20),
    rows: z.int().min(1).max(20),
    toneMap,
  }),
  /** EBU R128 of one audio track: `{integrated: LUFS | null, range: LU, truePeak: dBTP | null}`; null is silence. */
  z.object({ kind: z.literal('loudness'), priority, input, track }),
  /** What ffprobe tells: `{streams, format}`. */
  z.object({ kind: z.literal('probe'), priority, input }),
  /** The same packets in Matroska, for a container that only ffmpeg reads. */
  z.object({ kind: z.literal('remux'), priority, input, output: workPath }),
]);
export type TranscodeTask = z.infer<typeof transcodeTask>;

/**
 * `POST` of a `transcodeTask` to this path of the control socket. The answer is `transcodeLine`s, one JSON object a
 * line (NDJSON); the last state is said again from time to time.
 */
export const transcodesPath = '/transcodes';

/** Each line of the answer to a task; it ends with `done` or `failed`. Hanging up cancels the task. */
export const transcodeLine = z.discriminatedUnion('state', [
  z.object({ state: z.literal('queued') }),
  /** A slot is leased and ffmpeg runs. `seconds`: how far into the output; null when nobody can tell yet. */
  z.object({ state: z.literal('running'), seconds: seconds.nullable() }),
  z.object({ state: z.literal('done'), result: z.record(z.string(), z.unknown()).nullable() }),
  z.object({
    state: z.literal('failed'),
    /** `unavailable`: no ffmpeg here. `refused`: the task itself. `input`: this file cannot be decoded. */
    reason: z.enum(['unavailable', 'refused', 'input', 'timeout', 'full', 'failed']),
    detail: z.string().max(500),
  }),
]);
export type TranscodeLine = z.infer<typeof transcodeLine>;
