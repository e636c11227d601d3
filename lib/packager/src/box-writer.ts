/** Something that stands in a box: bytes, or a list of it. */
export type BoxContent = Uint8Array | readonly BoxContent[];

/** A box of this type around its content (ISO/IEC 14496-12 §4.2). */
export function box(type: string, ...content: BoxContent[]): Uint8Array {
  const body = join(content);
  return join([uint32(8 + body.length), ascii(type), body]);
}

/** A box with version and flags in front of its content. */
export function fullBox(type: string, version: number, flags: number, ...content: BoxContent[]): Uint8Array {
  return box(type, uint32(version * 0x1000000 + flags), ...content);
}

/** Everything in order, as one array. */
export function join(content: readonly BoxContent[]): Uint8Array {
  const pieces = content.map((piece) => (piece instanceof Uint8Array ? piece : join(piece)));
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** Big-endian 32-bit words; negative numbers as two's complement. */
export function uint32(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setUint32(i * 4, value);
  return bytes;
}

/** Big-endian 16-bit words. */
export function uint16(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 2);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setUint16(i * 2, value);
  return bytes;
}

export function uint8(...values: number[]): Uint8Array {
  return Uint8Array.from(values);
}

/** The low eight bits of each character. */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

export function zeros(length: number): Uint8Array {
  return new Uint8Array(length);
}
