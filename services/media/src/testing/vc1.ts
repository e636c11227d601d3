/** Pixels of a picture; whole macroblocks. */
const WIDTH = 320;
const HEIGHT = 176;
const COLUMNS = WIDTH / 16;
const MACROBLOCKS = COLUMNS * (HEIGHT / 16);
/** A quantizer at which a step of brightness can be seen. */
const PQINDEX = '10100';

/**
 * VC-1 of the advanced profile as a stream of its own (SMPTE 421M Annex G): I pictures of a staircase that grows by a step
 * with each of them. ffmpeg reads VC-1 and writes none, so that there is no other way to a file for a test; of the standard
 * it takes only what flat blocks need.
 */
export function advancedProfile(pictures: number): Buffer {
  const headers = [unit(0x0f, sequenceHeader), unit(0x0e, entryPoint)];
  const frames = Array.from({ length: pictures }, (_, n) => unit(0x0d, advancedHeader + macroblocks(n)));
  return Buffer.concat([...headers, ...frames]);
}

/** The same pictures in the main profile, as Windows Media Video 9 has them, in the file of Annex L. */
export function mainProfile(pictures: number, rate: number): Buffer {
  const sequence = Buffer.alloc(36);
  sequence.writeUInt32LE((0xc5000000 | pictures) >>> 0, 0);
  sequence.writeUInt32LE(4, 4);
  sequence.set(bytesOf(structC), 8);
  sequence.writeUInt32LE(HEIGHT, 12);
  sequence.writeUInt32LE(WIDTH, 16);
  sequence.writeUInt32LE(12, 20);
  sequence.writeUInt32LE(rate, 32);
  const frames = Array.from({ length: pictures }, (_, n) => {
    const data = bytesOf(mainHeader + macroblocks(n));
    const head = Buffer.alloc(8);
    head.writeUInt32LE((0x80000000 | data.length) >>> 0, 0);
    head.writeUInt32LE(Math.round((n * 1000) / rate), 4);
    return Buffer.concat([head, data]);
  });
  return Buffer.concat([sequence, ...frames]);
}

const bits = (value: number, length: number) => value.toString(2).padStart(length, '0');

/** §6.1: advanced, level 1, 4:2:0, no post-processing, the largest size, progressive, nothing optional. */
const sequenceHeader = [
  ...['11', '001', '01', '000', '00000', '0', bits(WIDTH / 2 - 1, 12), bits(HEIGHT / 2 - 1, 12)],
  ...['0', '0', '0', '0', '1', '0', '0', '0'],
].join('');

/** §6.2: a closed entry, no tools, an implicit quantizer. */
const entryPoint = ['0', '1', '0', '0', '0', '0', '0', '00', '0', '0', '00', '0', '0', '0'].join('');

/** §7.1.1: type I, no rounding, the quantizer, AC prediction told by each macroblock, the first tables. */
const advancedHeader = ['110', '0', PQINDEX, '0', '0000', '0', '0', '0'].join('');

/** Annex J.1: main profile, no tools, no B pictures, an implicit quantizer. */
const structC = ['01', '0', '0', '000', '00000', '0', '0', '0', '1', '0', '0', '00', '0', '0', '0', '0', '0']
  .concat('000', '00', '0', '1')
  .join('');

/** §7.1.1: no frame count, type I, the buffer's fullness, the quantizer, the first tables. */
const mainHeader = ['00', '0', '0000000', PQINDEX, '0', '0', '0'].join('');

/**
 * No block has coefficients but its DC, and that differs from the one before (§8.1.1.5) in as many macroblocks as the
 * number of the picture says. The codes are those of CBPCY for I pictures (§11.2.3) and of DC for low motion (§11.7).
 */
function macroblocks(picture: number): string {
  const steps = picture % COLUMNS;
  const [nothingCoded, noPrediction, chroma] = ['1', '0', '00'];
  return Array.from({ length: MACROBLOCKS }, (_, n) => {
    const first = n < steps ? '010' : '1'; // a step up, or as before
    return [nothingCoded, noPrediction, first, '1', '1', '1', chroma, chroma].join('');
  }).join('');
}

function bytesOf(text: string): Buffer {
  const padded = text.padEnd(Math.ceil(text.length / 8) * 8, '0');
  return Buffer.from(padded.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? []);
}

/** A start code and its payload, which must not look like one itself (Annex E). */
function unit(type: number, text: string): Buffer {
  const out = [0, 0, 1, type];
  let zeros = 0;
  for (const byte of bytesOf(`${text}1`)) {
    if (zeros >= 2 && byte <= 3) {
      out.push(3);
      zeros = 0;
    }
    out.push(byte);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return Buffer.from(out);
}
