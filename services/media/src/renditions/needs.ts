import { createPresentation, type MediaIndex } from '@ptsdly/packager';
import { type JobSpec, priorities } from '../jobs/job-kind.ts';
import { LONGEST_SHARED_GROUP } from './grid.ts';
import { bitRateOf, type RungSource, rungOf } from './ladder.ts';

/** Grows when more is needed than before, so that videos of earlier times get it too. */
export const NEEDS_VERSION = 2;

const FIRST_LINES = 720;
const SMALLER_LINES = 480;
const LARGER_LINES = 1080;
/** A source of so many times the bits of a rung is worth that rung. */
const WORTH = 1.4;
/** bit/s beyond which many lines of viewers do not keep up, whatever the size of the picture. */
const HEAVY = 8_000_000;
const MAX_SOUND_TRACKS = 8;
/** Where nothing plays before it is there. */
const ESSENTIAL = priorities.audio + 5;

/** What is needed for a video, by nothing but its index, in the order of DESIGN §6.7. */
export function needs(index: MediaIndex): JobSpec[] {
  return [...neededSound(index), ...neededRenditions(index), ...neededLoudness(index)];
}

function neededSound({ audio }: MediaIndex): JobSpec[] {
  return audio
    .slice(0, MAX_SOUND_TRACKS)
    .flatMap(({ browser }, track) =>
      browser === 'yes' ? [] : [{ kind: 'audio', params: { track } } as const],
    );
}

function neededLoudness({ audio }: MediaIndex): JobSpec[] {
  return audio.length > 0 ? [{ kind: 'loudness', params: { track: 0 } }] : [];
}

function neededRenditions(index: MediaIndex): JobSpec[] {
  const { video } = index;
  if (!video) return [];
  const presentation = createPresentation(index);
  const { maxGop } = presentation;
  const source = rungSource(index, presentation);
  const short = Math.min(source.width, source.height);
  const playsEverywhere = video.browser === 'yes';
  const tooLong = maxGop > LONGEST_SHARED_GROUP;
  const lines = new Map<number, number>();
  const want = (wanted: number, priority: number) => {
    const made = rungOf(source, wanted).lines;
    if (!lines.has(made)) lines.set(made, priority);
  };
  if (video.browser === 'no') want(FIRST_LINES, ESSENTIAL);
  else if (!playsEverywhere || tooLong) want(FIRST_LINES, priorities.rendition);
  else if (short > FIRST_LINES && isWorth(source, FIRST_LINES)) want(FIRST_LINES, priorities.rendition);
  else if (isWorth(source, Math.min(short, SMALLER_LINES))) want(SMALLER_LINES, priorities.rendition);
  const lacks = !playsEverywhere || tooLong || source.bitRate > HEAVY;
  if (lacks && short > FIRST_LINES) want(LARGER_LINES, priorities.moreRenditions);
  return [...lines].map(([height, priority]) => ({ kind: 'rendition', params: { height }, priority }));
}

function isWorth(source: RungSource, lines: number): boolean {
  return source.bitRate > bitRateOf(lines, source.frameRate) * WORTH;
}

/** What the ladder must know, of an index with video. */
export function rungSource(index: MediaIndex, presentation = createPresentation(index)): RungSource {
  const { width, height, frameRate } = presentation;
  const { video } = index;
  const bytes = video ? video.samples.size.reduce((sum, size) => sum + size, 0) : 0;
  const seconds = video ? video.samples.end / video.timescale : 0;
  return {
    ...{ width, height, frameRate: frameRate ?? 30 },
    bitRate: seconds > 0 ? (bytes * 8) / seconds : 0,
  };
}
