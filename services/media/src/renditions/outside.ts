import type { Demuxer } from '@ptsdly/contract';
import { type MediaIndex, type OutsideSource, outsideIndex, PackagerError } from '@ptsdly/packager';
import { z } from 'zod';
import { TranscodeError, type Transcoder } from '../transcoder.ts';

/** What of ffprobe's answer counts; what is not told is absent or has a value of its own for "unknown". */
const stream = z.object({
  codec_type: z.string().optional(),
  codec_name: z.string().default('unknown'),
  width: z.number().optional(),
  height: z.number().optional(),
  sample_aspect_ratio: z.string().optional(),
  avg_frame_rate: z.string().optional(),
  r_frame_rate: z.string().optional(),
  color_transfer: z.string().optional(),
  channels: z.number().optional(),
  sample_rate: z.string().optional(),
  duration: z.string().optional(),
  tags: z.object({ language: z.string().optional() }).optional(),
  disposition: z.object({ attached_pic: z.number().optional() }).optional(),
  side_data_list: z.array(z.object({ rotation: z.number().optional() })).default([]),
});
type Stream = z.infer<typeof stream>;
const probed = z.object({
  streams: z.array(stream),
  format: z.object({ duration: z.string().optional() }).default({}),
});

export interface OutsideFile {
  /** As a task names it. */
  readonly path: string;
  readonly demuxer: Demuxer;
  /** Bytes. */
  readonly size: number;
}

const MOST_SOUND_TRACKS = 8;
type Rate = readonly [number, number];
const USUAL_RATE: Rate = [25, 1];
/** For few frames at no time that could be told. */
const SMOOTH: Rate = [30, 1];
const FILM = 23;
/** Of an average, by which it may differ from the rate that it is. */
const EVEN = 0.02;
/** Frames a second beyond which nothing is gained, and below which a player has nothing to show. */
const RATES = { least: 1, most: 60 };
/** Seconds at the beginning in which something must be decoded, or there is nothing to be had. */
const TRIAL_SECONDS = 10;

/**
 * The index of a file whose packets nobody here can read, by what ffmpeg says of it, and after it has decoded a little.
 * Rejects with `TranscodeError`: `input` when there is nothing that it can decode.
 */
export async function indexOutside(
  transcoder: Transcoder,
  file: OutsideFile,
  trial: string,
  signal: AbortSignal,
): Promise<MediaIndex> {
  const input = { path: file.path, demuxer: file.demuxer };
  const told = await transcoder.run({ kind: 'probe', priority: 'viewer', input }, { signal });
  const index = readProbe(told, file);
  if (index.video) {
    const part = { track: 0, from: 0, to: Math.min(index.duration, TRIAL_SECONDS), output: trial };
    const shape = { width: 64, height: 64, maxBitRate: 200_000, toneMap: 'none' } as const;
    const task = { kind: 'video', priority: 'viewer', input, ...part, ...shape } as const;
    await transcoder.run({ ...task, keyFrames: [] }, { signal });
  }
  return index;
}

/** Throws `TranscodeError`. */
export function readProbe(told: unknown, file: OutsideFile): MediaIndex {
  const answer = probed.safeParse(told);
  if (!answer.success) throw nothing(answer.error);
  const { streams, format } = answer.data;
  const picture = streams.find(isPicture);
  const sounds = streams.filter(isSound).slice(0, MOST_SOUND_TRACKS);
  const lengths = [format.duration, ...[picture, ...sounds].map((one) => one?.duration)].map(Number);
  const duration = Math.max(0, ...lengths.filter((length) => length > 0 && Number.isFinite(length)));
  try {
    return outsideIndex({
      ...{ demuxer: file.demuxer, sourceSize: file.size, duration },
      ...(picture && { video: describePicture(picture) }),
      audio: sounds.map(describeSound),
    });
  } catch (error) {
    throw error instanceof PackagerError ? nothing(error) : error;
  }
}

const nothing = (cause: Error) =>
  new TranscodeError('input', 'The file holds nothing that can be played.', { cause });

const isPicture = ({ codec_type, width = 0, height = 0, disposition }: Stream) =>
  codec_type === 'video' && width > 1 && height > 1 && disposition?.attached_pic !== 1;

const isSound = ({ codec_type, channels = 0, sample_rate }: Stream) =>
  codec_type === 'audio' && channels > 0 && Number(sample_rate) > 0;

function describePicture(picture: Stream): NonNullable<OutsideSource['video']> {
  const { codec_name: codec, width = 0, height = 0, color_transfer: transfer } = picture;
  const aspect = fraction(picture.sample_aspect_ratio, ':');
  const turn = picture.side_data_list.find(({ rotation }) => rotation !== undefined)?.rotation ?? 0;
  return {
    ...{ codec, width, height, rate: rateOf(picture) },
    pixelAspect: aspect ? aspect[0] / aspect[1] : 1,
    rotation: ([0, 90, 180, 270] as const)[(((Math.round(-turn / 90) % 4) + 4) % 4) as 0 | 1 | 2 | 3],
    videoRange: transfer === 'smpte2084' ? 'PQ' : transfer === 'arib-std-b67' ? 'HLG' : 'SDR',
  };
}

function describeSound({ codec_name: codec, channels = 2, sample_rate, tags }: Stream) {
  const language = tags?.language;
  const isCode = language !== undefined && /^[a-z]{2,3}$/.test(language) && language !== 'und';
  return {
    ...{ codec, channels, sampleRate: Number(sample_rate) },
    language: isCode ? Intl.getCanonicalLocales(language)[0] : undefined,
  };
}

/**
 * The rate in which every frame has its own time, where frames come unevenly: what lies between holds the one before.
 * On average where they come evenly, be it as two fields each.
 */
function rateOf({ avg_frame_rate, r_frame_rate }: Stream): Rate {
  const [average, exact] = [avg_frame_rate, r_frame_rate].map((text) => fraction(text, '/'));
  const canBeShown = (rate: Rate | undefined) =>
    rate !== undefined && framesOf(rate) >= RATES.least && framesOf(rate) <= RATES.most;
  if (!average || !exact) return [average, exact].find(canBeShown) ?? USUAL_RATE;
  const times = framesOf(exact) / framesOf(average);
  const isEven = Math.abs(times - 1) < EVEN || Math.abs(times - 2) < EVEN;
  if (isEven && canBeShown(average)) return average;
  if (canBeShown(exact)) return exact;
  // a clock of milliseconds tells nothing of the frames
  return canBeShown(average) && framesOf(average) >= FILM ? average : SMOOTH;
}

const framesOf = ([over, under]: Rate) => over / under;

function fraction(text: string | undefined, sign: string): Rate | undefined {
  const [over = 0, under = 0] = (text ?? '').split(sign).map(Number);
  const isWhole = Number.isInteger(over) && Number.isInteger(under);
  return isWhole && over > 0 && under > 0 && over < 2 ** 31 ? [over, under] : undefined;
}
