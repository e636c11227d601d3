import { PackagerError } from './error.ts';
import type { AudioTrack, MediaIndex, Samples, VideoTrack } from './media-index.ts';

/** What a decoder tells of a file whose packets nobody here can read. */
export interface OutsideSource {
  /** The demuxer that reads it. */
  readonly demuxer: string;
  /** Seconds. */
  readonly duration: number;
  /** Bytes of the original. */
  readonly sourceSize: number;
  readonly video?: Pick<
    VideoTrack,
    'codec' | 'width' | 'height' | 'pixelAspect' | 'rotation' | 'videoRange'
  > & {
    /** Frames a second that it is shown in, as two whole numbers. */
    readonly rate: readonly [number, number];
  };
  readonly audio: readonly Pick<AudioTrack, 'codec' | 'channels' | 'sampleRate' | 'language'>[];
}

const MAX_SAMPLES = 8_000_000;
const SOUND_PACKET = 1024;

/**
 * An index of times alone, for a file that only a decoder can read: frames at an even rate with a sync sample a second,
 * so that renditions and sound made of it are cut like those of any other. Its samples stand for no bytes: `outside`
 * says that the decoder needs the original itself. Throws `not_media` or `limits_exceeded`.
 */
export function outsideIndex({ demuxer, duration, sourceSize, video, audio }: OutsideSource): MediaIndex {
  if (!(duration > 0) || (!video && audio.length === 0)) {
    throw new PackagerError('not_media', 'The file has neither video nor sound.');
  }
  return {
    ...{ duration, sourceSize, container: 'outside', preroll: 0, skipped: [], outside: { demuxer } },
    ...(video && { video: videoTrack(video, duration, sourceSize) }),
    audio: audio.map((sound) => audioTrack(sound, duration)),
  };
}

function videoTrack(
  { rate: [timescale, length], ...shape }: NonNullable<OutsideSource['video']>,
  duration: number,
  sourceSize: number,
): VideoTrack {
  const count = Math.max(1, Math.round((duration * timescale) / length));
  const samples = evenSamples(count, length, Math.max(1, Math.floor(sourceSize / count)));
  const second = Math.max(1, Math.round(timescale / length));
  const sync = Uint32Array.from({ length: Math.ceil(count / second) }, (_, i) => i * second);
  return {
    ...{ kind: 'video', format: 'sample-entry', browser: 'no', timescale, language: undefined, ...shape },
    ...{ config: new Uint8Array(0), extensions: new Uint8Array(0), matrix: [] },
    samples: { ...samples, sync },
  };
}

function audioTrack(sound: OutsideSource['audio'][number], duration: number): AudioTrack {
  const timescale = sound.sampleRate;
  const count = Math.max(1, Math.ceil((duration * timescale) / SOUND_PACKET));
  return {
    ...{ kind: 'audio', format: 'sample-entry', browser: 'no', timescale, ...sound },
    config: new Uint8Array(0),
    samples: evenSamples(count, SOUND_PACKET, 1),
  };
}

function evenSamples(count: number, length: number, bytes: number): Samples {
  if (count > MAX_SAMPLES) throw new PackagerError('limits_exceeded', 'The file is too long.');
  return {
    count,
    offset: Float64Array.from({ length: count }, (_, i) => i * bytes),
    size: new Uint32Array(count).fill(bytes),
    decode: Float64Array.from({ length: count }, (_, i) => i * length),
    composition: undefined,
    sync: undefined,
    end: count * length,
  };
}
