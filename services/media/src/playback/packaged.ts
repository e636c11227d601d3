import type { Chapter } from '@ptsdly/contract';
import {
  type ByteSource,
  createPresentation,
  createProgressive,
  decodeIndex,
  displaySize,
  forBrowsers,
  type KeyPictureOptions,
  type KeyPictures,
  keyPictures,
  type MediaIndex,
  type Presentation,
  type PresentedTrack,
  type ProgressiveFile,
  type Reach,
  reachOf,
  readChapters,
  type SegmentPlan,
} from '@ptsdly/packager';

import { gridOf } from '../renditions/grid.ts';

/** The bytes of an original. */
export interface OriginalSource extends ByteSource {
  /** Gives the bytes from `start` up to but not including `end` to `write`, as `Storage.stream` does. */
  stream(start: number, end: number, write: (chunk: Uint8Array) => Promise<void>): Promise<void>;
  /** As `LocalStorage.expect`. */
  expect?(start: number, end: number): Promise<void>;
}

export interface Picture {
  /** Pixels, after pixel aspect and rotation. */
  readonly width: number;
  readonly height: number;
  /** How it is brought to what every screen shows. */
  readonly toneMap: 'none' | 'pq' | 'hlg';
}

/** A video ready to be cut: its presentation and the bytes it lies in. */
export interface Packaged {
  /** All tracks, those too that no browser plays. */
  readonly index: MediaIndex;
  readonly presentation: Presentation;
  readonly source: OriginalSource;
  /** Names the movie header that the cuts were made of; null where nobody needs to tell two of them apart. */
  readonly movie: string | null;
  /** Names the file that it is cut from: another one takes its place when the owner replaces it. */
  readonly file: string;
  /** Bytes of the original that are there, from the first on; absent when all of them are. */
  readonly arrived?: () => number;
  /** Whether the original's samples can stand in a plain MP4 as they lie (a transport stream's cannot). */
  readonly isContiguous: boolean;
  /** The picture of the original as displayed, whether browsers play it or not; undefined for sound alone. */
  readonly picture: Picture | undefined;
  /**
   * A Dolby sound track of the original as it is, by its place among all of them; undefined for any other. Safari plays
   * it, so it is offered beside what it was converted to.
   */
  dolby(track: number): PresentedSound | undefined;
  /** The original as a plain MP4; laid out when first asked for. */
  progressive(): ProgressiveFile;
  /** How far its first bytes reach in it. */
  reach(): Reach;
  /** Chapters that the file itself has; read when first asked for. */
  chapters(): Promise<readonly Chapter[]>;
  /** Some of its sync samples as a stream of their own; undefined for sound alone, or where only a decoder reads them. */
  keyPictures(options: KeyPictureOptions): KeyPictures | undefined;
}

/** One track of sound, cut where everything else is. */
export interface PresentedSound {
  readonly track: PresentedTrack;
  init(): Uint8Array;
  segment(n: number): SegmentPlan;
}

/** A longer group of pictures makes segments that are too long to wait for, in seconds (DESIGN §6.3). */
const LONGEST_GROUP = 20;

/** Whether the whole layout is known and can be a plain MP4, be it that its bytes are still to come. */
export function hasPlainFile({ isContiguous, presentation }: Packaged): boolean {
  return isContiguous && !presentation.growing;
}

/** Whether a plain MP4 is the better way to play the original. */
export function isSlow(packaged: Packaged): boolean {
  return hasPlainFile(packaged) && packaged.presentation.maxGop > LONGEST_GROUP;
}

const DOLBY = new Set<string>(['ac-3', 'ec-3']);
const MOST_CHAPTERS = 500;
const TONE_MAPS = { SDR: 'none', PQ: 'pq', HLG: 'hlg' } as const;

/** Where the bytes of a video are, and what names them. */
export type PackagedPlace = Pick<Packaged, 'source' | 'movie' | 'file' | 'arrived'>;

/** What an index alone tells. */
type Cut = Omit<Packaged, keyof PackagedPlace | 'chapters'>;

/** Decodes an index file. Throws `PackagerError` when it is damaged. */
export function packageIndex(bytes: Uint8Array, place: PackagedPlace): Packaged {
  return placed(cutIndex(decodeIndex(bytes)), place);
}

/** The same cuts, of bytes at another place: nothing is decoded or computed anew. */
export function placed(cut: Cut, place: PackagedPlace): Packaged {
  const { index, presentation, isContiguous, picture, keyPictures, dolby, progressive, reach } = cut;
  let chapters: Promise<readonly Chapter[]> | undefined;
  return {
    ...{ index, presentation, isContiguous, picture, keyPictures, dolby, progressive, reach },
    ...place,
    async chapters() {
      if (place.arrived) return [];
      chapters ??= readChapters(place.source, index).then(named);
      return chapters.catch(() => []); // a film plays without them
    },
  };
}

function cutIndex(index: MediaIndex): Cut {
  const playable = forBrowsers(index);
  // sound whose picture has to be converted is cut as the conversions will be
  const boundaries = playable.video ? undefined : gridOf(index)?.starts.slice(1);
  const dolby = new Map<number, PresentedSound | undefined>();
  let progressive: ProgressiveFile | undefined;
  let reach: Reach | undefined;
  return {
    index,
    presentation: createPresentation(playable, boundaries ? { boundaries } : {}),
    isContiguous: playable.video !== undefined && playable.video.rewrite === undefined,
    picture: pictureOf(index),
    keyPictures: (options) => (index.outside ? undefined : keyPictures(index, options)),
    dolby(track) {
      if (!dolby.has(track)) dolby.set(track, presentDolby(index, track));
      return dolby.get(track);
    },
    progressive() {
      progressive ??= createProgressive(playable);
      return progressive;
    },
    reach() {
      reach ??= reachOf(playable);
      return reach;
    },
  };
}

function presentDolby(index: MediaIndex, number: number): PresentedSound | undefined {
  const sound = index.audio[number];
  if (!sound || !DOLBY.has(sound.format)) return undefined;
  const { video: _, ...rest } = index;
  const boundaries = gridOf(index)?.starts.slice(1);
  const alone = createPresentation({ ...rest, audio: [sound] }, boundaries ? { boundaries } : {});
  const [track] = alone.tracks;
  return (
    track && {
      ...{ track, init: () => alone.initSegment(track.id), segment: (n) => alone.segment(track.id, n) },
    }
  );
}

function named(chapters: Awaited<ReturnType<typeof readChapters>>): Chapter[] {
  const listed = chapters.slice(0, MOST_CHAPTERS);
  return listed.map(({ start, title }, i) => ({ startAt: start, title: title.slice(0, 200) || `${i + 1}` }));
}

function pictureOf(index: MediaIndex): Picture | undefined {
  return index.video && { ...displaySize(index), toneMap: TONE_MAPS[index.video.videoRange] };
}
