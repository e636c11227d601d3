import { decodeCp949 } from './cp949.ts';

const strictly = (label: string) => (bytes: Uint8Array) =>
  new TextDecoder(label, { fatal: true }).decode(bytes);

/** What a file may be written in, the likeliest here first. */
const decoders = [strictly('utf-8'), decodeCp949, strictly('shift_jis')];

/** Text of unknown encoding. Never throws: what fits nothing is read as windows-1252. */
export function decodeText(bytes: Uint8Array): string {
  const marked = byMark(bytes);
  if (marked) return new TextDecoder(marked).decode(bytes);
  for (const decode of decoders) {
    try {
      return decode(bytes);
    } catch {
      // the next one
    }
  }
  return new TextDecoder('windows-1252').decode(bytes);
}

/** By the byte order mark, or, in UTF-16 without one, by the zeros beside Latin letters and digits. */
function byMark(bytes: Uint8Array): string | undefined {
  const [a, b, c] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) return 'utf-8';
  if (a === 0xff && b === 0xfe) return 'utf-16le';
  if (a === 0xfe && b === 0xff) return 'utf-16be';
  const zeros = [0, 0];
  const looked = Math.min(bytes.length, 400);
  for (let i = 0; i < looked; i++) if (bytes[i] === 0) zeros[i % 2] = (zeros[i % 2] ?? 0) + 1;
  if ((zeros[1] ?? 0) > looked / 8) return 'utf-16le';
  return (zeros[0] ?? 0) > looked / 8 ? 'utf-16be' : undefined;
}
