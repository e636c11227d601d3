import { describe, expect, it } from 'vitest';
import { movieHeaderBehind } from './movieHeader.ts';

/** A box with a body of so many bytes. */
function box(type: string, body: number, form: 'short' | 'long' | 'open' = 'short'): Uint8Array<ArrayBuffer> {
  const head = form === 'long' ? 16 : 8;
  const bytes = new Uint8Array(head + body).fill(type.charCodeAt(3));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, form === 'long' ? 1 : form === 'open' ? 0 : bytes.length);
  for (let i = 0; i < 4; i++) view.setUint8(4 + i, type.charCodeAt(i));
  if (form === 'long') view.setBigUint64(8, BigInt(bytes.length));
  return bytes;
}

const bytesOf = async (blob: Blob | null) => blob && new Uint8Array(await blob.arrayBuffer());

describe('movieHeaderBehind', () => {
  it.each([
    ['at the very end', [box('ftyp', 16), box('mdat', 500), box('moov', 90)]],
    [
      'with a long media box in front',
      [box('ftyp', 16), box('wide', 0), box('mdat', 500, 'long'), box('moov', 90)],
    ],
    ['with more behind it', [box('mdat', 5), box('moov', 90), box('free', 3)]],
  ])('finds it %s', async (_, boxes) => {
    const moov = boxes.find((one) => String.fromCharCode(...one.subarray(4, 8)) === 'moov');
    expect(await bytesOf(await movieHeaderBehind(new Blob(boxes)))).toEqual(moov);
  });

  it('takes all that is left where the last box has no size', async () => {
    const boxes = [box('ftyp', 16), box('mdat', 5), box('moov', 40, 'open')];
    expect(await bytesOf(await movieHeaderBehind(new Blob(boxes)))).toEqual(boxes[2]);
  });

  it.each([
    ['it stands in front', [box('ftyp', 16), box('moov', 90), box('mdat', 500)]],
    ['there is none', [box('ftyp', 16), box('mdat', 500)]],
    ['it is cut', [box('ftyp', 16), box('mdat', 5), box('moov', 90).subarray(0, 50)]],
    ['the file is another kind', [new Uint8Array(100).fill(0x1a)]],
    ['a size is too small', [box('ftyp', 16), new Uint8Array([0, 0, 0, 3, 109, 100, 97, 116, 0, 0])]],
    ['the file is empty', []],
  ])('has nothing where %s', async (_, boxes) => {
    expect(await movieHeaderBehind(new Blob(boxes as Uint8Array<ArrayBuffer>[]))).toBeNull();
  });

  it('has nothing where it is huge', async () => {
    const huge = [box('mdat', 5), box('moov', 33 * 1024 * 1024)];
    expect(await movieHeaderBehind(new Blob(huge))).toBeNull();
  });
});
