import { type Box, childBoxes, findBox, readBoxHeader, readUint64, requireLength, viewOf } from './box.ts';
import { corrupt, PackagerError } from './error.ts';
import { SampleList } from './sample-list.ts';
import type { SampleBudget, SourceSamples } from './sample-table.ts';
import { type ByteSource, readExactly } from './source.ts';

/** Samples found in `moof` boxes, by track id. */
export type FragmentedSamples = ReadonlyMap<number, SourceSamples>;

/** What a fragment leaves out (`trex`, ISO/IEC 14496-12 §8.8.3). */
interface Defaults {
  readonly description: number;
  readonly duration: number;
  readonly size: number;
  readonly flags: number;
}

/** A track while its fragments are read. */
interface FragmentedTrack {
  readonly defaults: Defaults;
  readonly list: SampleList;
  /** Decode time of the next sample, and duration of the last one, in track units. */
  time: number;
  duration: number;
}

const MAX_BOXES = 4_000_000;
const MAX_TIME = 2 ** 51;
const IS_NO_SYNC = 0x10000;

/** Whether samples follow in fragments. */
export function isFragmented(moov: Uint8Array): boolean {
  const view = viewOf(moov);
  const [box] = childBoxes(view, 0, view.byteLength);
  return box !== undefined && findBox(view, box, 'mvex') !== undefined;
}

/**
 * Reads every `moof` behind the movie header and nothing of the media, so the cost grows with the number of
 * fragments. Samples beyond the end of the file, as in a recording that was cut, are left out.
 */
export class FragmentWalk {
  readonly #tracks: Map<number, FragmentedTrack>;
  readonly #budget: SampleBudget;
  #left: number;
  #boxes = 0;
  #at: number;

  /** `start` is where the movie header ends; `maxBytes` what all fragment headers together may take. */
  constructor(moov: Uint8Array, start: number, budget: SampleBudget, maxBytes: number) {
    this.#tracks = fragmentedTracks(viewOf(moov), budget);
    this.#budget = budget;
    this.#left = maxBytes;
    this.#at = start;
  }

  get sampleCount(): number {
    return this.sampleCounts.reduce((sum, count) => sum + count, 0);
  }

  /** For each track that may have samples. */
  get sampleCounts(): number[] {
    return Array.from(this.#tracks.values(), ({ list }) => list.count);
  }

  /** Goes on to the end of what is there. Throws `limits_exceeded`, `corrupt`. */
  async advance(part: ByteSource, whole: boolean): Promise<void> {
    const least = whole ? 8 : 16;
    while (part.size - this.#at >= least) {
      const at = this.#at;
      const head = viewOf(await readExactly(part, at, Math.min(16, part.size - at)));
      const { type, size } = readBoxHeader(head, 0);
      const length = size === 0 ? Math.max(part.size, this.#budget.sourceSize) - at : size;
      if (this.#boxes++ > MAX_BOXES) throw tooMuch();
      if (type === 'moof') {
        if (at + length > part.size) return;
        this.#left -= length;
        if (this.#left < 0) throw tooMuch();
        readFragment(await readExactly(part, at, length), at, this.#tracks, this.#budget.sourceSize);
      }
      this.#at += length;
    }
  }

  /** What was found so far, by track. */
  samples(): FragmentedSamples {
    return new Map(Array.from(this.#tracks, ([id, { list, duration }]) => [id, list.finish(duration)]));
  }
}

function tooMuch(): PackagerError {
  return new PackagerError('limits_exceeded', 'The file has more fragments than the server accepts.');
}

function fragmentedTracks(view: DataView, budget: SampleBudget): Map<number, FragmentedTrack> {
  const tracks = new Map<number, FragmentedTrack>();
  const [moov] = childBoxes(view, 0, view.byteLength);
  const mvex = moov && findBox(view, moov, 'mvex');
  for (const { type, start, end } of mvex ? childBoxes(view, mvex.start, mvex.end) : []) {
    if (type !== 'trex' || end - start < 24) continue;
    const [id = 0, description = 1, duration = 0, size = 0, flags = 0] = [4, 8, 12, 16, 20].map((skip) =>
      view.getUint32(start + skip),
    );
    const defaults = { description, duration, size, flags };
    tracks.set(id, { defaults, list: new SampleList(budget), time: 0, duration: 0 });
  }
  return tracks;
}

function readFragment(
  bytes: Uint8Array,
  at: number,
  tracks: Map<number, FragmentedTrack>,
  sourceSize: number,
) {
  const view = viewOf(bytes);
  const [moof] = childBoxes(view, 0, view.byteLength);
  if (!moof) return;
  let dataEnd = at;
  for (const traf of childBoxes(view, moof.start, moof.end)) {
    if (traf.type === 'traf') dataEnd = readTrackFragment(view, traf, { at, dataEnd, tracks, sourceSize });
  }
}

interface Place {
  /** Position of the `moof`, and where the data of the track fragment before ended. */
  readonly at: number;
  readonly dataEnd: number;
  readonly tracks: Map<number, FragmentedTrack>;
  readonly sourceSize: number;
}

/** `traf` (§8.8.6): all its runs. Returns where its data ends. */
function readTrackFragment(view: DataView, traf: Box, place: Place): number {
  const boxes = childBoxes(view, traf.start, traf.end);
  const tfhd = boxes.find(({ type }) => type === 'tfhd');
  if (!tfhd) throw corrupt('A fragment does not name its track.');
  const header = readFragmentHeader(view, tfhd, place);
  const track = place.tracks.get(header.id);
  if (!track) return place.dataEnd;
  const tfdt = boxes.find(({ type }) => type === 'tfdt');
  if (tfdt) track.time = readDecodeTime(view, tfdt);
  let position = header.base;
  for (const trun of boxes.filter(({ type }) => type === 'trun')) {
    position = readRun(view, trun, { track, header, position, sourceSize: place.sourceSize });
  }
  return position;
}

function readDecodeTime(view: DataView, tfdt: Box): number {
  const long = view.getUint8(tfdt.start) === 1;
  requireLength(tfdt, long ? 12 : 8);
  return long ? readUint64(view, tfdt.start + 4) : view.getUint32(tfdt.start + 4);
}

/** `tfhd` (§8.8.7): where data is counted from, and what its samples have in common. */
function readFragmentHeader(view: DataView, tfhd: Box, { at, dataEnd, tracks }: Place) {
  requireLength(tfhd, 8);
  const flags = view.getUint32(tfhd.start) & 0xffffff;
  const id = view.getUint32(tfhd.start + 4);
  const defaults = tracks.get(id)?.defaults;
  let field = tfhd.start + 8;
  const next = (flag: number, absent: number) => {
    if (!(flags & flag)) return absent;
    requireLength(tfhd, field + 4 - tfhd.start);
    field += 4;
    return view.getUint32(field - 4);
  };
  // Without an explicit base, a movie made before `default-base-is-moof` counts on from the track before.
  let base = flags & 0x20000 || dataEnd === at ? at : dataEnd;
  if (flags & 0x1) {
    requireLength(tfhd, 16);
    base = readUint64(view, field);
    field += 8;
  }
  const description = next(0x2, defaults?.description ?? 1);
  if (defaults && description !== defaults.description) {
    throw new PackagerError('unsupported_codec', 'The track changes its coding parameters on the way.');
  }
  const duration = next(0x8, defaults?.duration ?? 0);
  const size = next(0x10, defaults?.size ?? 0);
  return { id, base, duration, size, flags: next(0x20, defaults?.flags ?? 0) };
}

interface Run {
  readonly track: FragmentedTrack;
  readonly header: ReturnType<typeof readFragmentHeader>;
  readonly position: number;
  readonly sourceSize: number;
}

/** `trun` (§8.8.8). Returns where its data ends. */
function readRun(view: DataView, trun: Box, { track, header, position, sourceSize }: Run): number {
  requireLength(trun, 8);
  const flags = view.getUint32(trun.start) & 0xffffff;
  const count = view.getUint32(trun.start + 4);
  const stride = [0x100, 0x200, 0x400, 0x800].filter((flag) => flags & flag).length * 4;
  const first = trun.start + 8 + (flags & 0x1 ? 4 : 0) + (flags & 0x4 ? 4 : 0);
  if (first + count * stride > trun.end || count > sourceSize)
    throw corrupt('A fragment claims more samples than it holds.');
  let at = flags & 0x1 ? header.base + view.getInt32(trun.start + 8) : position;
  if (at < 0) throw corrupt('A fragment lies before the file.');
  // What lies beyond the end of a recording that was cut ends the run.
  for (let i = 0; i < count && at <= sourceSize; i++) {
    let field = first + i * stride;
    const next = (flag: number, absent: number) => {
      if (!(flags & flag)) return absent;
      field += 4;
      return view.getUint32(field - 4);
    };
    const duration = next(0x100, header.duration);
    const size = next(0x200, header.size);
    const opening = i === 0 && flags & 0x4 ? view.getUint32(first - 4) : undefined;
    const sampleFlags = next(0x400, opening ?? header.flags);
    const shift = flags & 0x800 ? view.getInt32(field) : 0;
    if (at + size <= sourceSize)
      track.list.add(at, size, track.time + shift, (sampleFlags & IS_NO_SYNC) === 0);
    at += size;
    track.time += duration;
    track.duration = duration;
    if (track.time > MAX_TIME) throw corrupt('The times of a track are beyond any real video.');
  }
  return at;
}
