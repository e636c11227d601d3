import { soundVersion } from './audio-entry.ts';
import { type Box, findBox, requireBox, tableOf } from './box.ts';
import { PackagerError } from './error.ts';
import { SampleList } from './sample-list.ts';
import { readChunkRuns, type SampleBudget, type SourceSamples } from './sample-table.ts';

/** How sound of constant size lies in a chunk: so many frames in so many bytes. */
interface FrameLayout {
  readonly frames: number;
  readonly bytes: number;
}

/** Frames of one packet of ours: about a twentieth of a second. */
const PACKET_FRAMES = 2048;
/** Bytes of one channel of one frame (QuickTime File Format, "Sound Media"); the others tell bits. */
const CHANNEL_BYTES: Partial<Record<string, number>> = {
  in24: 3,
  in32: 4,
  fl32: 4,
  fl64: 8,
  ulaw: 1,
  alaw: 1,
};
const BY_BITS = new Set(['sowt', 'twos', 'raw ', 'NONE']);

/**
 * Samples of sound that a movie counts frame by frame, as PCM is: gathered into packets, since eleven hours of it
 * have two thousand million frames. Undefined for sound that is told packet by packet.
 */
export function readRawSound(
  view: DataView,
  stbl: Box,
  entry: Box,
  tableVersion: number,
  budget: SampleBudget,
): SourceSamples | undefined {
  const stsz = findBox(view, stbl, 'stsz');
  const stts = tableOf(view, requireBox(view, stbl, 'stts'), 8);
  if (!stsz || stts.count !== 1 || view.getUint32(stts.at + 4) !== 1) return undefined;
  tableOf(view, stsz, 0, 4);
  const size = view.getUint32(stsz.start + 4);
  const count = view.getUint32(stsz.start + 8);
  const layout = size > 0 ? layoutOf(view, entry, tableVersion, size) : undefined;
  return layout && gather(view, stbl, count, layout, budget);
}

function layoutOf(view: DataView, entry: Box, tableVersion: number, size: number): FrameLayout | undefined {
  const version = soundVersion(view, entry, tableVersion);
  if (version === 1) {
    const layout = { frames: view.getUint32(entry.start + 28), bytes: view.getUint32(entry.start + 36) };
    if (layout.frames > 0 && layout.bytes > 0) return layout;
  }
  if (version === 2) {
    const layout = { frames: view.getUint32(entry.start + 60), bytes: view.getUint32(entry.start + 56) };
    if (layout.frames > 0 && layout.bytes > 0) return layout;
  }
  const bits = BY_BITS.has(entry.type) ? view.getUint16(entry.start + 18) : 0;
  const told = CHANNEL_BYTES[entry.type] ?? Math.ceil(bits / 8);
  return { frames: 1, bytes: told * view.getUint16(entry.start + 16) || size };
}

function gather(
  view: DataView,
  stbl: Box,
  count: number,
  { frames, bytes }: FrameLayout,
  budget: SampleBudget,
): SourceSamples {
  const list = new SampleList(budget);
  const most = Math.max(1, Math.floor(PACKET_FRAMES / frames)) * frames;
  let frame = 0;
  let last = 0;
  const { description } = readChunkRuns(view, stbl, (position, perChunk) => {
    const end = Math.min(frame + perChunk, count);
    for (let at = position; frame < end; frame += last) {
      last = Math.min(most, end - frame);
      const length = Math.ceil(last / frames) * bytes;
      if (at + length > budget.sourceSize) {
        throw new PackagerError('truncated', 'The file ends before its last samples: it was cut or damaged.');
      }
      list.add(at, length, frame, true);
      at += length;
    }
    return frame < count;
  });
  return { ...list.finish(last), description };
}
