import type { Examination } from './examination.ts';
import type { TortureCase } from './torture-cases.ts';

/** Seconds between segments, and by which sound and picture may drift apart. */
const VIDEO_JOINT = 0.05;
const AUDIO_JOINT = 0.06;
const OFFSET = 0.025;
const DURATION = 0.06;

/** Everything that is wrong with what was made of a file, in words; nothing when all is as promised. */
export function faults(found: Examination, { openGroups, master = [] }: Partial<TortureCase> = {}): string[] {
  const { complaints, withoutKey, frames, originalFrames, presentation } = found;
  const faulty: [boolean, string][] = [
    [!openGroups && complaints.length > 0, `segments do not decode: ${complaints.join('; ')}`],
    [withoutKey.length > 0, `segments begin without a keyframe: ${withoutKey.join(', ')}`],
    [found.videoJoint > VIDEO_JOINT, `gap or overlap of ${found.videoJoint} s in the video`],
    [found.audioJoint > AUDIO_JOINT, `gap or overlap of ${found.audioJoint} s in the sound`],
    [!found.isMonotonic, 'decode times go back'],
    [found.timelineDrift > 1e-6, `segments leave the timeline by ${found.timelineDrift} s`],
    [found.playlistDrift > 1e-5, `a playlist is off by ${found.playlistDrift} s`],
    [found.durationDrift > DURATION, `the duration is off by ${found.durationDrift} s`],
    [(found.offset ?? 0) > OFFSET, `sound and picture are ${found.offset} s further apart`],
    [!sameFrames(frames, originalFrames), `${frames.length} frames are not the ${originalFrames.length}`],
  ];
  const known = new Set(originalFrames);
  const strangers = found.keyFrames.filter((frame) => !known.has(frame));
  faulty.push(
    [
      !openGroups && found.keyFrames.length !== found.keyFrameCount,
      `${found.keyFrames.length} of ${found.keyFrameCount} I-frames`,
    ],
    [strangers.length > 0, 'I-frames that the original does not have'],
  );
  const text = presentation.masterPlaylist();
  for (const pattern of master) faulty.push([!pattern.test(text), `${pattern} is not in\n${text}`]);
  return faulty.flatMap(([is, words]) => (is ? [words] : []));
}

/** Frames that the rounding of an edit's length may cost at the end. */
const CUT_OFF = 2;

/** The same one after another. */
function sameFrames(ours: readonly string[], theirs: readonly string[]): boolean {
  const first = theirs.indexOf(ours[0] ?? '');
  if (theirs.length - ours.length > CUT_OFF) return false;
  return ours.length === 0 ? theirs.length === 0 : ours.every((frame, i) => frame === theirs[first + i]);
}
