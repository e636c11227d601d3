/** The 2350 syllables of KS X 1001 stand in these rows, in order. */
const [FIRST_ROW, LAST_ROW] = [0xb0, 0xc8];
const SYLLABLES = { from: 0xac00, to: 0xd7a3 };

let extension: ReadonlyMap<number, string> | undefined;

/**
 * CP949 (Microsoft's Unified Hangul Code), which is EUC-KR and, in the places it leaves free, all the other modern
 * syllables in the order of Unicode. Browsers mean it by `euc-kr`; this runtime knows only EUC-KR itself. Throws a
 * TypeError on bytes that are neither.
 */
export function decodeCp949(bytes: Uint8Array): string {
  const korean = new TextDecoder('euc-kr', { fatal: true });
  extension ??= readExtension();
  let text = '';
  let plainFrom = 0;
  for (let i = 0; i < bytes.length; i++) {
    const lead = bytes[i] ?? 0;
    if (lead < 0x80) continue;
    const trail = bytes[i + 1] ?? 0;
    const syllable = extension.get((lead << 8) | trail);
    if (syllable !== undefined) {
      text += korean.decode(bytes.subarray(plainFrom, i)) + syllable;
      plainFrom = i + 2;
    } else if (lead < 0xa1 || trail < 0xa1) throw new TypeError('not CP949');
    i++;
  }
  return text + korean.decode(bytes.subarray(plainFrom));
}

function readExtension(): Map<number, string> {
  const known = new Set<string>();
  const korean = new TextDecoder('euc-kr');
  for (let row = FIRST_ROW; row <= LAST_ROW; row++) {
    const codes = Array.from({ length: 94 }, (_, i) => [row, 0xa1 + i]).flat();
    for (const syllable of korean.decode(Uint8Array.from(codes))) known.add(syllable);
  }
  const places = freePlaces();
  const found = new Map<number, string>();
  for (let point = SYLLABLES.from; point <= SYLLABLES.to; point++) {
    const syllable = String.fromCharCode(point);
    if (known.has(syllable)) continue;
    const { value } = places.next();
    if (value !== undefined) found.set(value, syllable);
  }
  return found;
}

/** The trail bytes are letters and the upper half; above 0xA0, KS X 1001 has the rest of the upper half. */
function* freePlaces(): Generator<number, undefined> {
  for (let lead = 0x81; lead <= 0xc6; lead++) {
    for (let trail = 0x41; trail <= (lead < 0xa1 ? 0xfe : 0xa0); trail++) {
      if ((trail > 0x5a && trail < 0x61) || (trail > 0x7a && trail < 0x81)) continue;
      yield (lead << 8) | trail;
    }
  }
}
