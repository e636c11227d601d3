import { Bits } from './bits.ts';
import { PackagerError } from './error.ts';
import type { SegmentVideoFormat } from './media-index.ts';
import type { SampleList } from './sample-list.ts';
import { type ByteSource, readExactly } from './source.ts';
import { readVp9KeyFrame } from './vp9-frame.ts';

/** Enough of a picture to see what kind it is, parameter sets and messages in front of it included. */
const LOOK_BYTES = 16 * 1024;
/** Sync samples that are looked at; when one of them is none, all are. */
const TRUSTED_AFTER = 8;

interface Coding {
  readonly format: SegmentVideoFormat;
  readonly config: Uint8Array;
}

/** How far the sync samples of a track have been looked at, since more of them may come. */
export interface KeyCheck {
  next: number;
  seen: number;
  kept: number;
  wrong: boolean;
}

export const newKeyCheck = (): KeyCheck => ({ next: 0, seen: 0, kept: 0, wrong: false });

/**
 * Looks whether the samples that the container calls sync samples are, and corrects those that are not: the
 * first few, or all of them from the first wrong one on. Goes on where `check` left off.
 * Throws `corrupt` when none is left.
 */
export async function verifyKeys(
  source: ByteSource,
  list: SampleList,
  coding: Coding,
  check: KeyCheck,
): Promise<void> {
  for (; check.next < list.count; check.next++) {
    const i = check.next;
    if (!list.keyAt(i)) continue;
    if (check.seen++ < TRUSTED_AFTER || check.wrong) {
      const bytes = await readExactly(source, list.offsetAt(i), Math.min(LOOK_BYTES, list.sizeAt(i)));
      if (isKeyFrame(bytes, coding) === false) {
        check.wrong = true;
        list.setKey(i, false);
        continue;
      }
    }
    check.kept++;
  }
  if (check.kept === 0) throw new PackagerError('corrupt', 'The video has no frame to start from.');
}

/** Whether a picture decodes by itself; undefined when its first bytes do not tell. */
export function isKeyFrame(sample: Uint8Array, { format, config }: Coding): boolean | undefined {
  try {
    if (format === 'vp09') return readVp9KeyFrame(sample) !== undefined;
    if (format === 'av01') return startsSequence(sample);
    const lengthSize = ((config[format === 'avc1' ? 4 : 21] as number) & 3) + 1;
    for (const unit of lengthPrefixed(sample, lengthSize)) {
      const kind = format === 'avc1' ? avcPicture(unit) : hevcPicture(unit);
      if (kind !== undefined) return kind;
    }
    return undefined;
  } catch (error) {
    if (error instanceof PackagerError) return undefined; // cut short by our own look
    throw error;
  }
}

function* lengthPrefixed(sample: Uint8Array, lengthSize: number): Generator<Uint8Array> {
  for (let at = 0; at + lengthSize < sample.length; ) {
    let length = 0;
    for (let i = 0; i < lengthSize; i++) length = length * 256 + (sample[at + i] as number);
    at += lengthSize;
    yield sample.subarray(at, at + length);
    at += length;
  }
}

/** ISO/IEC 14496-10 §7.4.1: an IDR slice, or any other slice of an intra picture; undefined if no slice. */
export function avcPicture(unit: Uint8Array): boolean | undefined {
  const type = (unit[0] ?? 0) & 31;
  if (type === 5) return true;
  if (type !== 1 && type !== 2) return undefined;
  const bits = new Bits(unit, 8);
  bits.golomb();
  return bits.golomb() % 5 === 2;
}

/** ISO/IEC 23008-2 table 7-1: types 16 to 23 are random access points; undefined if no slice. */
export function hevcPicture(unit: Uint8Array): boolean | undefined {
  const type = ((unit[0] ?? 0) >> 1) & 63;
  return type < 32 ? type >= 16 && type <= 23 : undefined;
}

/** Whether a temporal unit of AV1 holds a sequence header (AV1 in ISOBMFF §2.5). */
function startsSequence(sample: Uint8Array): boolean | undefined {
  for (let at = 0; at < sample.length; ) {
    const header = sample[at++] as number;
    const type = (header >> 3) & 15;
    if (type === 1) return true;
    if (type === 3 || type === 6) return false;
    if (header & 4) at++;
    if (!(header & 2)) return undefined;
    let size = 0;
    for (let i = 0; i < 8; i++) {
      const byte = sample[at++] ?? 0;
      size += (byte & 127) * 128 ** i;
      if (byte < 128) break;
    }
    at += size;
  }
  return undefined;
}
