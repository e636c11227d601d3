import { AAC_PACKET, type AudioTrack, type MediaIndex } from '@ptsdly/packager';
import { type Grid, gridOf } from './grid.ts';

/** Where converted sound is cut: at the first packet of AAC at or after each cut of the picture. */
export interface SoundGrid extends Grid {
  /** Hertz. */
  readonly sampleRate: number;
  /** The packet with which each segment begins, and at last the one behind the end. */
  readonly packets: readonly number[];
}

/** Seconds of a segment behind the end of the picture, and of sound alone after its first two. */
const SEGMENT_SECONDS = 6;
const FIRST_SECONDS = 2;
/** Rates that are kept; of others the nearest of these families is taken. */
const KEPT_RATES = new Set([48_000, 44_100, 32_000]);

/** Of one sound track of the original. */
export function soundGridOf(index: MediaIndex, track: number): SoundGrid | undefined {
  const sound = index.audio[track];
  if (!sound) return undefined;
  const sampleRate = convertedRate(sound.sampleRate);
  const toPackets = (seconds: number) => Math.ceil((seconds * sampleRate) / AAC_PACKET - 1e-6);
  const end = Math.max(1, toPackets(sound.samples.end / sound.timescale));
  const packets = [0];
  for (const start of wantedStarts(index, sound.samples.end / sound.timescale)) {
    const packet = toPackets(start);
    if (packet > (packets.at(-1) ?? 0) && packet < end) packets.push(packet);
  }
  const toSeconds = (packet: number) => (packet * AAC_PACKET) / sampleRate;
  return {
    ...{ sampleRate, packets: [...packets, end] },
    starts: packets.map(toSeconds),
    anchors: packets.map(() => true),
    end: toSeconds(end),
  };
}

const MOST_CHANNELS = 6;

/** Channels that a sound track has once it is converted. */
export const convertedChannels = ({ channels }: Pick<AudioTrack, 'channels'>): number =>
  Math.min(MOST_CHANNELS, Math.max(1, channels));

/** What a rate becomes: no browser needs more than these, and 44.1 kHz stays in its family. */
function convertedRate(rate: number): number {
  if (KEPT_RATES.has(rate)) return rate;
  return rate > 0 && 88_200 % rate === 0 ? 44_100 : 48_000;
}

function wantedStarts(index: MediaIndex, end: number): number[] {
  const grid = gridOf(index);
  const starts = grid ? [...grid.starts.slice(1), grid.end] : [FIRST_SECONDS, SEGMENT_SECONDS];
  for (let next = starts.at(-1) ?? 0; next + SEGMENT_SECONDS * 1.5 < end; ) {
    next += SEGMENT_SECONDS;
    starts.push(next);
  }
  // a rest of less than half a segment joins the one before
  return starts.filter((start) => start < end - SEGMENT_SECONDS / 2 || (grid && start < grid.end));
}
