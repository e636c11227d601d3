import type { FoundTracks } from './assembled-index.ts';
import { type AudioDescription, describeAac, describeAudio } from './audio-entry.ts';
import { PackagerError } from './error.ts';
import type { ScannedTrack } from './matroska-packets.ts';
import { fillLaces, scale, scaled } from './matroska-times.ts';
import type { MatroskaTrack } from './matroska-track.ts';
import { codecName } from './matroska-video.ts';
import { flacConfig, opusConfig, readDolbyFrame, readFlacConfig } from './sound-config.ts';
import { followOn, opusPacketLength } from './sound-times.ts';
import { type ByteSource, readExactly } from './source.ts';

/** What a track holds, and the samples of each of its packets; 0 where packets differ or nobody tells. */
type Sound = AudioDescription & { readonly packet: number };

/** One sound track with times on the grid of its own packets. */
export async function soundOf(
  source: ByteSource,
  { track, list, lastDuration }: ScannedTrack,
  tick: number,
): Promise<FoundTracks['audio'][number]> {
  const first = await readExactly(source, list.offsetAt(0), Math.min(64, list.sizeAt(0)));
  const { packet, ...description } = describeSound(track, first);
  const timescale = description.sampleRate;
  const samples = list.finish(packet || scaled(lastDuration || track.defaultDuration, timescale));
  const times = samples.presentation;
  if (packet > 0) {
    scale(times, timescale);
    followOn(times, packet, Math.ceil((tick * 1.6 * timescale) / 1e9));
  } else {
    fillLaces(times, track.defaultDuration);
    scale(times, timescale);
  }
  const { language, name } = track;
  return { samples, timescale, language, ...(name && { name }), ...description };
}

function describeSound(track: MatroskaTrack, first: Uint8Array): Sound {
  try {
    return (track.encoded ? undefined : segmentSound(track, first)) ?? decoderSound(track, first);
  } catch (error) {
    if (!(error instanceof PackagerError) || error.code !== 'unsupported_codec') throw error;
    return decoderSound(track, first);
  }
}

function segmentSound(track: MatroskaTrack, first: Uint8Array): Sound | undefined {
  const { codecId, codecPrivate } = track;
  if (codecId === 'A_AAC' && codecPrivate.length > 0) {
    const aac = describeAac(codecPrivate, track.channels);
    return { ...aac, packet: /\.(5|29)$/.test(aac.codec) ? 2048 : 1024 };
  }
  if (codecId === 'A_OPUS') {
    return { ...describeAudio('Opus', opusConfig(codecPrivate)), packet: opusPacketLength(first) };
  }
  if (codecId === 'A_FLAC') {
    const config = flacConfig(codecPrivate);
    return { ...describeAudio('fLaC', config), packet: readFlacConfig(config).blockSize };
  }
  const dolby = codecId === 'A_AC3' || codecId === 'A_EAC3' ? readDolbyFrame(first) : undefined;
  return dolby && { ...describeAudio(dolby.format, dolby.config), packet: dolby.length };
}

function decoderSound(track: MatroskaTrack, first: Uint8Array): Sound {
  const { codecId, channels, sampleRate, entry } = track;
  const rate = Number.isFinite(sampleRate) ? Math.round(sampleRate) : 0;
  return {
    codec: codecName(codecId),
    browser: 'no',
    format: 'track-entry',
    channels: Math.min(Math.max(channels, 1), 64),
    sampleRate: rate >= 1000 && rate < 2 ** 24 ? rate : 48_000,
    config: entry,
    packet: codecId === 'A_MPEG/L3' && !track.encoded ? mp3PacketLength(first) : 0,
  };
}

/** Samples a channel of an MP3 frame by its version (ISO/IEC 11172-3 §2.4.2.3); 0 when none begins here. */
function mp3PacketLength(frame: Uint8Array): number {
  const [a = 0, b = 0] = frame;
  if (a !== 0xff || (b & 0xe0) !== 0xe0) return 0;
  return (b >> 3) & 1 ? 1152 : 576;
}
