import { decodePicture, decodeSound } from './decoding.ts';
import {
  type FormatName,
  fileOf,
  formatSeconds,
  formats,
  framesOf,
  hasPicture,
  hasSound,
} from './formats.ts';
import { eventually, type Rig } from './server.ts';
import { upload } from './tus-calls.ts';
import { Viewer } from './viewer.ts';

/** Uploads a file of a format, plays it as soon as that can be done, and tells what is wrong with it; nothing is. */
export async function checkFormat(rig: Rig, name: FormatName): Promise<string[]> {
  const id = await upload(rig, fileOf(name), formats[name].file);
  const play = await eventually(async () => {
    const answer = await rig.client.playOwn({ params: { id } }).catch((error: unknown) => {
      if ((error as { code?: string }).code === 'not_playable_yet') return undefined;
      throw error;
    });
    return answer?.pending.length === 0 || answer?.tracks.some(({ isOriginal }) => !isOriginal)
      ? answer
      : undefined;
  }, 60);
  const viewer = new Viewer(rig, play);
  const of = (kind: 'video' | 'audio') => play.tracks.find((track) => track.kind === kind);
  const faults: string[] = [];
  const [picture, sound] = [of('video'), of('audio')];
  if (hasPicture(name) && picture) {
    const decoded = await decodePicture(viewer, picture.id);
    faults.push(...decoded.faults);
    const missing = framesOf(name) - decoded.frames;
    if (missing < -2 || missing > 3) faults.push(`${decoded.frames} frames in place of ${framesOf(name)}`);
  } else if (hasPicture(name)) faults.push('there is no picture');
  if (hasSound(name) && sound) {
    const seconds = (await decodeSound(viewer, sound.id)).length / 48_000;
    if (Math.abs(seconds - formatSeconds) > 0.25) faults.push(`${seconds} s of sound`);
  } else if (hasSound(name)) faults.push('there is no sound');
  await rig.client.deleteVideo({ params: { id } });
  return faults;
}
