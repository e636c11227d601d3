import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeIndex, encodeIndex } from '../index-file.ts';
import { indexSource } from '../index-source.ts';
import type { AudioTrack, MediaIndex, VideoTrack } from '../media-index.ts';
import { isSegmentable } from '../playability.ts';
import { createPresentation, type Presentation } from '../presentation.ts';
import { readSegment } from '../segment-reader.ts';
import type { ByteSource } from '../source.ts';
import { FileSource } from './file-source.ts';
import { ffmpeg, ffprobe } from './fixtures.ts';
import { parseFragment, playlistDurations, type WrittenHls, writeHls } from './hls.ts';

/** What a player and a decoder find in the HLS that was made of a file, in seconds where nothing else is said. */
export interface Examination {
  readonly index: MediaIndex;
  readonly presentation: Presentation;
  /** Complaints of a decoder that was given each segment alone behind its init segment. */
  readonly complaints: readonly string[];
  /** Segments of video that do not begin with a keyframe. */
  readonly withoutKey: readonly string[];
  /** The largest gap or overlap between two segments. */
  readonly videoJoint: number;
  readonly audioJoint: number;
  /** By how much segment starts leave the timeline of the playlist, and whether any goes back. */
  readonly timelineDrift: number;
  readonly isMonotonic: boolean;
  /** By how much the sum of a playlist differs from the end of its track, and the longest from the original. */
  readonly playlistDrift: number;
  readonly durationDrift: number;
  /** Decoded frames of ours and of the original, by checksum; equal but for what an edit cuts off. */
  readonly frames: readonly string[];
  readonly originalFrames: readonly string[];
  /** Decoded pictures of the playlist of I-frames, and how many there should be. */
  readonly keyFrames: readonly string[];
  readonly keyFrameCount: number;
  /** By how much sound and picture are further apart than in the original; undefined without one of them. */
  readonly offset: number | undefined;
}

/** Packages the file whole, from an index that was stored, and looks at every segment. */
export async function examine(path: string): Promise<Examination> {
  await using source = await FileSource.open(path);
  const index = decodeIndex(encodeIndex(await indexSource(source)));
  const presentation = createPresentation(index);
  await using hls = await writeHls(source, presentation);
  const alone = await decodeEach(hls, presentation);
  return {
    index,
    presentation,
    ...alone,
    ...joints(hls, presentation, index),
    ...(await durations(path, presentation, index)),
    frames: hls.segments.has('v0') ? await decodedFrames(await joined(hls, 'v0')) : [],
    originalFrames: hls.segments.has('v0') ? await decodedFrames(path, '-ignore_editlist', '1') : [],
    keyFrames: presentation.keyFrames
      ? await decodedFrames(await joinedKeyFrames(source, hls, presentation))
      : [],
    keyFrameCount: presentation.keyFrames?.segmentCount ?? 0,
    offset: await addedOffset(path, index),
  };
}

/** Segments of a track that are decoded alone; of more than that, as many spread over all of them. */
const MOST_ALONE = 40;

/** Each segment alone behind its init segment, through ffmpeg's decoder and ffprobe. */
async function decodeEach(hls: WrittenHls, { tracks }: Presentation) {
  const complaints: string[] = [];
  const withoutKey: string[] = [];
  for (const { id, kind } of tracks) {
    const init = await readFile(join(hls.folder, id, 'init.mp4'));
    const segments = hls.segments.get(id) ?? [];
    const step = Math.ceil(segments.length / MOST_ALONE);
    for (const [n, segment] of segments.entries()) {
      if (n % step !== 0) continue;
      const path = join(hls.folder, `alone-${id}-${n}.mp4`);
      await writeFile(path, Buffer.concat([init, segment]));
      const complaint = await decode(path);
      if (complaint) complaints.push(`${id}/${n}: ${complaint}`);
      if (kind === 'video' && !(await beginsWithKey(path))) withoutKey.push(`${id}/${n}`);
    }
  }
  return { complaints, withoutKey };
}

/** What ffmpeg has to say while it decodes a file; nothing when all is well. */
async function decode(path: string): Promise<string> {
  return ffmpeg(['-i', path, '-map', '0', '-f', 'null', '-']).then(
    ({ stderr }) => stderr.trim(),
    (error: unknown) => String(error),
  );
}

/** By our own word, and by that of a decoder that leaves out whatever is no keyframe. */
async function beginsWithKey(path: string): Promise<boolean> {
  const first = ['-show_packets', '-show_frames', '-read_intervals', '%+#1'];
  const entries = ['-show_entries', 'packet=flags:frame=pict_type'];
  const { packets_and_frames: found } = (await ffprobe([
    '-skip_frame',
    'nokey',
    ...first,
    ...entries,
    path,
  ])) as {
    packets_and_frames: { flags?: string; pict_type?: string }[];
  };
  return found.some(({ flags }) => flags?.startsWith('K')) && found.some((one) => one.pict_type === 'I');
}

function joints(hls: WrittenHls, { tracks }: Presentation, index: MediaIndex) {
  const joint = { video: 0, audio: 0 };
  let timelineDrift = 0;
  let isMonotonic = true;
  for (const track of tracks) {
    const { timescale } = tracksOf(index).get(track.id) ?? { timescale: 1 };
    let end: number | undefined;
    for (const [n, segment] of (hls.segments.get(track.id) ?? []).entries()) {
      const { decodeTime, duration, firstShown } = parseFragment(segment);
      if (end !== undefined) {
        joint[track.kind] = Math.max(joint[track.kind], Math.abs(firstShown - end) / timescale);
        isMonotonic &&= decodeTime >= end;
        const drift = Math.abs(decodeTime / timescale - track.segmentStart(n));
        timelineDrift = Math.max(timelineDrift, drift);
      }
      end = decodeTime + duration;
    }
  }
  return { videoJoint: joint.video, audioJoint: joint.audio, timelineDrift, isMonotonic };
}

/** The tracks by the names that they have in a presentation. */
function tracksOf({ video, audio }: MediaIndex): Map<string, VideoTrack | AudioTrack> {
  const tracks = new Map<string, VideoTrack | AudioTrack>();
  if (video) tracks.set('v0', video);
  for (const [i, track] of audio.filter(isSegmentable).entries()) tracks.set(`a${i}`, track);
  return tracks;
}

async function durations(path: string, presentation: Presentation, { preroll }: MediaIndex) {
  let playlistDrift = 0;
  for (const track of presentation.tracks) {
    const listed = playlistDurations(presentation.mediaPlaylist(track.id));
    const sum = listed.reduce((total, duration) => total + duration, 0) / 1e6;
    playlistDrift = Math.max(playlistDrift, Math.abs(sum - track.segmentStart(track.segmentCount)));
  }
  const durationDrift = Math.abs(presentation.duration - preroll - (await probedDuration(path)));
  return { playlistDrift, durationDrift };
}

/** By the file's own word or, where it has none, by its packets. */
async function probedDuration(path: string): Promise<number> {
  const entries = ['-show_entries', 'format=duration:packet=pts_time,duration_time', path];
  const { format, packets } = (await ffprobe(entries)) as {
    format: { duration?: string };
    packets: { pts_time: string; duration_time?: string }[];
  };
  if (format.duration) return Number(format.duration);
  return Math.max(...packets.map((packet) => Number(packet.pts_time) + Number(packet.duration_time ?? 0)));
}

/** All segments of a track behind its init segment. */
async function joined(hls: WrittenHls, id: string): Promise<string> {
  const path = join(hls.folder, `joined-${id}.mp4`);
  const init = await readFile(join(hls.folder, id, 'init.mp4'));
  await writeFile(path, Buffer.concat([init, ...(hls.segments.get(id) ?? [])]));
  return path;
}

async function joinedKeyFrames(source: ByteSource, hls: WrittenHls, presentation: Presentation) {
  const path = join(hls.folder, 'joined-i0.mp4');
  const pieces: Uint8Array[] = [presentation.initSegment('i0')];
  for (let n = 0; n < (presentation.keyFrames?.segmentCount ?? 0); n++) {
    pieces.push(await readSegment(source, presentation.segment('i0', n)));
  }
  await writeFile(path, Buffer.concat(pieces));
  return path;
}

/** Checksums of the decoded frames of the first video, in order of display. */
async function decodedFrames(path: string, ...options: string[]): Promise<string[]> {
  const isMovie = /\.(mp4|mov|m4a)$/.test(path);
  const output = ['-map', '0:v:0', '-fps_mode', 'passthrough', '-f', 'framemd5', '-'];
  const { stdout } = await ffmpeg([...(isMovie ? options : []), '-i', path, ...output]);
  const lines = stdout.split('\n').filter((line) => line && !line.startsWith('#'));
  return lines.map((line) => line.split(',')[5]?.trim() ?? '');
}

/** The difference of what our index adds to the times of the file's own sound, and of its own picture. */
async function addedOffset(path: string, { video, audio }: MediaIndex): Promise<number | undefined> {
  const [sound] = audio;
  if (!video || !sound || !isSegmentable(sound)) return undefined;
  const added = async (stream: string, track: VideoTrack | AudioTrack) =>
    median(differences(await packetTimes(path, stream), track));
  return Math.abs((await added('v:0', video)) - (await added('a:0', sound)));
}

async function packetTimes(path: string, stream: string): Promise<number[]> {
  const entries = ['-select_streams', stream, '-show_entries', 'packet=pts_time', path];
  const { packets } = (await ffprobe(entries)) as { packets: { pts_time: string }[] };
  return packets.map(({ pts_time }) => Number(pts_time)).sort((a, b) => a - b);
}

/** For each sample, counted from the last one, its time in our index less that in the file. */
function differences(theirs: readonly number[], { samples, timescale }: VideoTrack | AudioTrack): number[] {
  const { decode, composition, count } = samples;
  const ours = Array.from(decode, (time, i) => (time + (composition?.[i] ?? 0)) / timescale).sort(
    (a, b) => a - b,
  );
  return ours.map((time, i) => time - (theirs[theirs.length - count + i] ?? time));
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}
