import { corrupt } from './error.ts';
import type { Samples } from './media-index.ts';
import type { VarintReader, VarintWriter } from './varint.ts';

/** Columns of differences: what repeats from sample to sample takes one byte or, in runs, none. */
export function writeSamples(writer: VarintWriter, samples: Samples): void {
  const { count, offset, size, decode, composition, sync, end } = samples;
  writer.unsigned(count);
  for (let i = 0; i < count; i++) writer.unsigned(size[i] as number);
  writeRuns(writer, count, (i) => (offset[i] as number) - (i > 0 ? offsetAfter(samples, i - 1) : 0));
  writeRuns(writer, count, (i) => (decode[i] as number) - (i > 0 ? (decode[i - 1] as number) : 0));
  writer.unsigned(composition ? 1 : 0);
  if (composition) writeRuns(writer, count, (i) => composition[i] as number);
  writer.unsigned(sync ? sync.length + 1 : 0);
  for (let i = 0; sync && i < sync.length; i++) {
    writer.unsigned((sync[i] as number) - (i > 0 ? (sync[i - 1] as number) : 0));
  }
  writer.unsigned(end);
}

/** Reads what `writeSamples` wrote. Throws `corrupt`; allocates no more than the bytes can describe. */
export function readSamples(reader: VarintReader): Samples {
  const count = reader.unsigned();
  if (count > reader.left) throw corrupt('The index file is damaged.');
  const size = new Uint32Array(count);
  for (let i = 0; i < count; i++) size[i] = reader.unsigned();
  const offset = readRuns(reader, new Float64Array(count));
  let position = 0;
  for (let i = 0; i < count; i++) {
    position += offset[i] as number;
    offset[i] = position;
    position += size[i] as number;
  }
  const decode = readRuns(reader, new Float64Array(count));
  for (let i = 1; i < count; i++) decode[i] = (decode[i] as number) + (decode[i - 1] as number);
  const composition = reader.unsigned() === 1 ? readRuns(reader, new Int32Array(count)) : undefined;
  const sync = readSync(reader, count);
  return { count, offset, size, decode, composition, sync, end: reader.unsigned() };
}

function readSync(reader: VarintReader, count: number): Uint32Array | undefined {
  const told = reader.unsigned();
  if (told === 0) return undefined;
  if (told - 1 > Math.min(reader.left, count)) throw corrupt('The index file is damaged.');
  const sync = new Uint32Array(told - 1);
  let sample = 0;
  for (let i = 0; i < sync.length; i++) {
    sample += reader.unsigned();
    if (sample >= count) throw corrupt('The index file is damaged.');
    sync[i] = sample;
  }
  return sync;
}

function offsetAfter({ offset, size }: Samples, i: number): number {
  return (offset[i] as number) + (size[i] as number);
}

/** Pairs of value and how often it follows. */
function writeRuns(writer: VarintWriter, count: number, valueAt: (i: number) => number): void {
  for (let i = 0; i < count; ) {
    const value = valueAt(i);
    let run = 1;
    while (i + run < count && valueAt(i + run) === value) run++;
    writer.signed(value);
    writer.unsigned(run);
    i += run;
  }
}

function readRuns<T extends Float64Array | Int32Array>(reader: VarintReader, target: T): T {
  for (let i = 0; i < target.length; ) {
    const value = reader.signed();
    const run = reader.unsigned();
    if (run === 0 || run > target.length - i) throw corrupt('The index file is damaged.');
    target.fill(value, i, i + run);
    i += run;
  }
  return target;
}
