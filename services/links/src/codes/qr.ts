import { crc32, deflateSync } from 'node:zlib';
import { encode, renderSVG } from 'uqr';

/** Error correction M and the quiet zone of four modules (ISO/IEC 18004 §5.3.8). */
const FORM = { ecc: 'M', border: 4 } as const;

/** The address of a link as a QR code. */
export function qrSvg(url: string): string {
  return renderSVG(url, FORM);
}

/** The same as a PNG of one bit a pixel, at most `size` pixels wide: whole pixels a module, so that edges stay sharp. */
export function qrPng(url: string, size: number): Buffer {
  const { data, size: modules } = encode(url, FORM);
  const scale = Math.max(1, Math.floor(size / modules));
  const width = modules * scale;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(width, 4);
  header[8] = 1; // bit depth; greyscale, deflate, no interlace are zero (PNG 3rd edition §11.2.1)
  const pixels = Buffer.concat(data.flatMap((row) => Array<Buffer>(scale).fill(scanline(row, scale))));
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(pixels)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A filter byte and the row's pixels, eight a byte, white where a module is light. */
function scanline(row: readonly boolean[], scale: number): Buffer {
  const line = Buffer.alloc(1 + Math.ceil((row.length * scale) / 8));
  for (let x = 0; x < row.length * scale; x++) {
    if (!row[Math.floor(x / scale)]) line[1 + (x >> 3)]! |= 0x80 >> (x & 7);
  }
  return line;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}
