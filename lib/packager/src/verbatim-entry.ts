import { type Box, printable } from './box.ts';
import { ascii, box } from './box-writer.ts';
import { corrupt } from './error.ts';

const MAX_ENTRY_BYTES = 65_536;

/** A sample entry as it stands in the file, for a decoder, but for its data reference: the first and only one. */
export function verbatimEntry(view: DataView, { type, start, end }: Box): Uint8Array {
  if (end - start < 16) throw corrupt(`The description "${printable(type)}" is too short.`);
  if (end - start > MAX_ENTRY_BYTES) throw corrupt(`The description "${printable(type)}" is too large.`);
  const entry = box(type, new Uint8Array(view.buffer, view.byteOffset + start, end - start));
  entry.set(ascii('\0\x01'), 14);
  return entry;
}
