import {
  createPresentation,
  decodeIndex,
  encodeIndex,
  type MediaIndex,
  type Samples,
} from '@ptsdly/packager';
import type { Measurement } from './report.ts';

const HOURS = 11;
const SECONDS = HOURS * 3600;
const FRAME_RATE = 30;
const GROUP = 60;
const SOUND_RATE = 48_000;
const SOUND_PACKET = 1024;

/** What the index of an eleven-hour recording takes: on disk, in memory once it plays, and to be loaded. */
export function longIndex(): Measurement[] {
  const encoded = encodeIndex(recording());
  const started = performance.now();
  const index = decodeIndex(encoded);
  const presentation = createPresentation(index);
  const playlist = presentation.mediaPlaylist('v0').length;
  const seconds = (performance.now() - started) / 1000;
  const samples = (index.video?.samples.count ?? 0) + (index.audio[0]?.samples.count ?? 0);
  const conditions = {
    recording: `${HOURS} h at ${FRAME_RATE} frames/s with B-frames, AAC; ${samples} samples`,
    segments: presentation.tracks[0]?.segmentCount ?? 0,
    playlist: `${Math.round(playlist / 1000)} kB before compression`,
  };
  return [
    { case: 'long-index-file', value: encoded.length, unit: 'B', conditions },
    { case: 'long-index-memory', value: arrayBytes(index), unit: 'B', conditions },
    { case: 'long-index-load', value: seconds, unit: 's', conditions },
  ];
}

/** Bytes of the arrays that hold the samples; all else is a few kilobytes. */
function arrayBytes({ video, audio }: MediaIndex): number {
  const tracks = [...(video ? [video] : []), ...audio];
  const arrays = tracks.flatMap(({ samples: { offset, size, decode, composition, sync } }) => [
    ...[offset, size, decode, composition, sync],
  ]);
  return arrays.reduce((sum, array) => sum + (array?.byteLength ?? 0), 0);
}

/** A camera's file: sizes that vary as those of pictures do, frames that change places, interleaved chunks. */
function recording(): MediaIndex {
  const frames = SECONDS * FRAME_RATE;
  const packets = Math.ceil((SECONDS * SOUND_RATE) / SOUND_PACKET);
  const reorder = [0, 2, -1, -1];
  const video = track(frames, 512, (i) => (i % GROUP === 0 ? 90_000 : 4000) + ((i * 7919) % 3000));
  const sound = track(packets, SOUND_PACKET, (i) => 300 + ((i * 7919) % 80));
  interleave(video, sound);
  return {
    duration: SECONDS,
    sourceSize: (video.offset.at(-1) ?? 0) + 1_000_000,
    container: 'mp4',
    preroll: 0,
    video: {
      ...{ kind: 'video', codec: 'avc1.640028', browser: 'yes', format: 'avc1', timescale: FRAME_RATE * 512 },
      ...{ language: undefined, config: Uint8Array.of(1, 100, 0, 40, 255, 225), width: 1920, height: 1080 },
      ...{ pixelAspect: 1, rotation: 0, matrix: [], videoRange: 'SDR', extensions: new Uint8Array(0) },
      samples: {
        ...video,
        composition: Int32Array.from({ length: frames }, (_, i) => (reorder[i % 4] ?? 0) * 512),
        sync: Uint32Array.from({ length: frames / GROUP }, (_, i) => i * GROUP),
      },
    },
    audio: [
      {
        ...{ kind: 'audio', codec: 'mp4a.40.2', browser: 'yes', format: 'mp4a', timescale: SOUND_RATE },
        ...{ language: undefined, config: Uint8Array.of(0x11, 0x90), channels: 2, sampleRate: SOUND_RATE },
        samples: sound,
      },
    ],
    skipped: [],
  };
}

function track(count: number, duration: number, sizeOf: (i: number) => number): Samples {
  return {
    count,
    offset: new Float64Array(count),
    size: Uint32Array.from({ length: count }, (_, i) => sizeOf(i)),
    decode: Float64Array.from({ length: count }, (_, i) => i * duration),
    composition: undefined,
    sync: undefined,
    end: count * duration,
  };
}

/** A second of video, a second of sound, and so on. */
function interleave(video: Samples, sound: Samples): void {
  let [at, picture, packet] = [0, 0, 0];
  for (let second = 1; second <= SECONDS; second++) {
    for (; picture < second * FRAME_RATE && picture < video.count; picture++) {
      video.offset[picture] = at;
      at += video.size[picture] as number;
    }
    for (; packet < (second * SOUND_RATE) / SOUND_PACKET && packet < sound.count; packet++) {
      sound.offset[packet] = at;
      at += sound.size[packet] as number;
    }
  }
}
