import type { PlayTrack } from '@ptsdly/contract';
import { type MasterSound, type MasterVariant, type PresentedTrack, writeMaster } from '@ptsdly/packager';
import { LONGEST_SHARED_GROUP } from '../renditions/grid.ts';
import { soundTrackOf } from '../renditions/names.ts';
import type { Renditions } from '../renditions/renditions.ts';
import type { RenditionRow } from '../renditions/rows.ts';
import type { Packaged } from './packaged.ts';

/** Everything that one play session may show, fixed when it begins. */
export interface Programme {
  /** Renditions that it lists, by name; those too that are still being made where nothing else plays. */
  readonly renditions: readonly string[];
  readonly tracks: readonly PlayTrack[];
  /** What it lacks and is going to be there: a session that begins later has it. */
  readonly pending: readonly ('video' | 'audio')[];
}

interface Listed {
  readonly original: PresentedTrack | undefined;
  readonly videos: readonly RenditionRow[];
  /** Sound tracks of the original, each as it is or converted. */
  readonly sounds: readonly { readonly id: string; readonly track: number; readonly row?: RenditionRow }[];
}

/** What a session that begins now may show. `rows` are the renditions that fit the index. */
export function programmeOf(packaged: Packaged, rows: readonly RenditionRow[]): Programme {
  const { index } = packaged;
  const offered = rows.filter(
    ({ state, kind }) => state === 'ready' || kind === 'audio' || index.video?.browser !== 'yes',
  );
  const listed = listOf(packaged, offered);
  const pending: ('video' | 'audio')[] = [];
  if (index.video && !listed.original && !listed.videos.some(({ state }) => state === 'ready'))
    pending.push('video');
  if (listed.sounds.length < index.audio.length) pending.push('audio');
  return {
    renditions: [...listed.videos, ...listed.sounds.flatMap(({ row }) => row ?? [])].map(({ name }) => name),
    tracks: describeTracks(packaged, listed),
    pending,
  };
}

/**
 * Variants and sound of a session. A rendition shares its segments with the original, but for an original whose
 * groups of pictures are too long, which is left out where there are renditions.
 */
function listOf(packaged: Packaged, rows: readonly RenditionRow[]): Listed {
  const { index, presentation } = packaged;
  const videos = rows.filter(({ kind }) => kind === 'video');
  const own = presentation.tracks.find(({ kind }) => kind === 'video');
  const isShared = presentation.maxGop <= LONGEST_SHARED_GROUP || videos.length === 0;
  const converted = new Map(rows.map((row) => [soundTrackOf(row.name), row]));
  let passed = 0;
  const sounds = index.audio.flatMap(({ browser }, track) => {
    const id = `a${passed}`;
    if (browser !== 'no') passed++;
    const row = converted.get(track);
    if (row) return [{ id: row.name, track, row }];
    return browser === 'no' ? [] : [{ id, track }];
  });
  return { original: isShared ? own : undefined, videos, sounds };
}

function describeTracks(
  { index, presentation }: Packaged,
  { original, videos, sounds }: Listed,
): PlayTrack[] {
  const size = { width: presentation.width, height: presentation.height };
  const own: PlayTrack[] = original
    ? [{ ...plain(original), ...size, bitRate: original.averageBandwidth, isOriginal: true, isReady: true }]
    : [];
  const made = videos.map(
    ({ name, width, height, bit_rate: bitRate, state }): PlayTrack => ({
      ...{ id: name, kind: 'video', codec: 'avc1', language: null, width, height, bitRate },
      ...{ isOriginal: false, isReady: state === 'ready' },
    }),
  );
  const heard = sounds.map(({ id, track, row }): PlayTrack => {
    const sound = index.audio[track];
    return {
      ...{ id, kind: 'audio', codec: row ? 'mp4a.40.2' : (sound?.codec ?? ''), width: null, height: null },
      ...{ language: sound?.language ?? null, bitRate: row?.bit_rate ?? null },
      ...{ isOriginal: !row, isReady: row?.state !== 'making' },
    };
  });
  return [...own, ...made, ...heard];
}

function plain({ id, kind, codec, language }: PresentedTrack) {
  return { id, kind, codec, language: language ?? null };
}

/** The master playlist of a session that lists renditions; the original first, then the largest first. */
export async function writeProgramme(
  packaged: Packaged,
  rows: readonly RenditionRow[],
  renditions: Renditions,
): Promise<string> {
  const { presentation } = packaged;
  const listed = listOf(packaged, rows);
  const pictures = await describePictures(packaged, listed, renditions);
  const heard = await describeSounds(packaged, listed, renditions);
  const dolby = pictures.length > 0 ? dolbyGroup(packaged, listed, heard) : [];
  const groups = [heard, dolby].filter((group) => group.length > 0);
  // each picture with the sound that all play, and then each with that of Safari
  const variants = groups.flatMap((group) => pictures.map((picture) => withSound(picture, group)));
  const [first] = heard;
  if (pictures.length === 0 && first) variants.push(soundAlone(heard, first));
  if (groups.length === 0) variants.push(...pictures);
  const { keyFrames, subtitles } = presentation;
  return writeMaster(variants, groups.flat(), listed.original?.independent ?? true, {
    keyFrames: listed.original && keyFrames,
    subtitles,
  });
}

type Heard = MasterSound & Sounding;

interface Sounding {
  readonly codec: string;
  readonly bandwidth: number;
  readonly averageBandwidth: number;
}

async function describePictures(
  { index, presentation }: Packaged,
  { original, videos }: Listed,
  renditions: Renditions,
): Promise<MasterVariant[]> {
  const { frameRate, width, height } = presentation;
  const own = original && {
    ...{ id: original.id, codecs: original.codec, width, height, frameRate },
    ...{ bandwidth: original.bandwidth, averageBandwidth: original.averageBandwidth },
    videoRange: index.video?.videoRange ?? 'SDR',
  };
  const made = videos.map(async (row): Promise<MasterVariant> => {
    const { codec, bandwidth, averageBandwidth } = await renditions.pictureOf(row, index);
    return {
      ...{ id: row.name, codecs: codec, width: row.width, height: row.height, frameRate },
      ...{ bandwidth, averageBandwidth, videoRange: 'SDR' },
    };
  });
  return [...(own ? [own] : []), ...(await Promise.all(made))];
}

async function describeSounds(
  { index, presentation }: Packaged,
  { sounds }: Listed,
  renditions: Renditions,
): Promise<Heard[]> {
  const described = sounds.map(async ({ id, track, row }): Promise<Heard> => {
    const { language, name, channels } = index.audio[track] ?? {};
    const own = row
      ? await renditions.soundOf(row, index)
      : presentation.tracks.find((candidate) => candidate.id === id);
    return {
      ...{ id, language, name, channels: own?.channels ?? channels, codec: own?.codec ?? '' },
      ...{ bandwidth: own?.bandwidth ?? 0, averageBandwidth: own?.averageBandwidth ?? 0 },
    };
  });
  return Promise.all(described);
}

/** The same sound with the Dolby tracks as they are, where there are some. */
function dolbyGroup(packaged: Packaged, { sounds }: Listed, heard: readonly Heard[]): Heard[] {
  if (!sounds.some(({ track, row }) => row && packaged.dolby(track))) return [];
  return heard.map((sound, i) => {
    const { track, row } = sounds[i] ?? {};
    const own = row && track !== undefined ? packaged.dolby(track)?.track : undefined;
    if (!own) return { ...sound, group: DOLBY_GROUP };
    const { codec, channels, bandwidth, averageBandwidth } = own;
    const id = `d${track}`;
    return { ...sound, ...{ id, codec, channels, bandwidth, averageBandwidth, group: DOLBY_GROUP } };
  });
}

const DOLBY_GROUP = 'dolby';

/** A variant that is heard with any sound of a group: at most so much, and all codecs of it (RFC 8216 §4.3.4.2). */
function withSound(picture: MasterVariant, group: readonly Heard[]): MasterVariant {
  const name = group[0]?.group;
  return {
    ...picture,
    codecs: [...new Set([picture.codecs, ...group.map(({ codec }) => codec)])].join(','),
    bandwidth: picture.bandwidth + Math.max(...group.map(({ bandwidth }) => bandwidth)),
    averageBandwidth: picture.averageBandwidth + Math.max(...group.map((one) => one.averageBandwidth)),
    ...(name && { group: name }),
  };
}

function soundAlone(heard: readonly Heard[], { id }: Heard): MasterVariant {
  const nothing = { id, codecs: '', width: 0, height: 0, frameRate: undefined, videoRange: 'SDR' } as const;
  const variant = withSound({ ...nothing, bandwidth: 0, averageBandwidth: 0 }, heard);
  return { ...variant, codecs: variant.codecs.replace(/^,/, '') };
}
