import { unescaped } from './annex-b.ts';
import { Bits } from './bits.ts';
import { type BoxContent, join, uint8, uint16 } from './box-writer.ts';
import { PackagerError } from './error.ts';

/** Parameter sets of a stream as they came, by type of NAL unit. */
export type ParameterSets = ReadonlyMap<number, readonly Uint8Array[]>;

const AVC_SPS = 7;
const AVC_PPS = 8;
const HEVC_VPS = 32;
const HEVC_SPS = 33;
const HEVC_PPS = 34;
/** Profiles whose record tells chroma and depth (ISO/IEC 14496-15 §5.3.3.1.2). */
const HIGH_PROFILES = new Set([100, 110, 122, 144]);

/** Whether the sets that a decoder needs first are all there. */
export function isComplete(sets: ParameterSets, stream: 'avc' | 'hevc'): boolean {
  return (stream === 'avc' ? [AVC_SPS, AVC_PPS] : [HEVC_VPS, HEVC_SPS, HEVC_PPS]).every((type) =>
    sets.has(type),
  );
}

export function isParameterSet(type: number, stream: 'avc' | 'hevc'): boolean {
  return stream === 'avc' ? type === AVC_SPS || type === AVC_PPS : type >= HEVC_VPS && type <= HEVC_PPS;
}

/** Whether a unit describes the stream as a whole, so that another one means another kind of stream. */
export function isSequence(type: number, stream: 'avc' | 'hevc'): boolean {
  return type === (stream === 'avc' ? AVC_SPS : HEVC_SPS);
}

/** An AVCDecoderConfigurationRecord (§5.3.3) with lengths of four bytes. */
export function avcConfig(sets: ParameterSets): Uint8Array {
  const sps = sets.get(AVC_SPS) ?? [];
  const pps = sets.get(AVC_PPS) ?? [];
  const first = sps[0];
  if (!first || first.length < 4) throw missing();
  const [, profile = 0, compatibility = 0, level = 0] = first;
  const sized = (set: Uint8Array) => [uint16(set.length), set];
  return join([
    uint8(1, profile, compatibility, level, 0xff, 0xe0 | sps.length),
    sps.map(sized),
    uint8(pps.length),
    pps.map(sized),
    HIGH_PROFILES.has(profile) ? avcDepths(first) : [],
  ]);
}

function avcDepths(sps: Uint8Array): Uint8Array {
  const bits = new Bits(unescaped(sps), 32);
  bits.golomb();
  const chroma = bits.golomb();
  if (chroma === 3) bits.read(1);
  return uint8(0xfc | chroma, 0xf8 | bits.golomb(), 0xf8 | bits.golomb(), 0);
}

/** An HEVCDecoderConfigurationRecord (§8.3.3) with lengths of four bytes. */
export function hevcConfig(sets: ParameterSets): Uint8Array {
  const first = sets.get(HEVC_SPS)?.[0];
  if (!first) throw missing();
  const sps = unescaped(first);
  const layers = ((sps[2] as number) >> 1) & 7;
  const nested = (sps[2] as number) & 1;
  const { chroma, luma, chromaDepth } = hevcDepths(sps, layers);
  const arrays: BoxContent[] = [HEVC_VPS, HEVC_SPS, HEVC_PPS].map((type) => {
    const units = sets.get(type) ?? [];
    return [uint8(0x80 | type), uint16(units.length), units.map((unit) => [uint16(unit.length), unit])];
  });
  return join([
    uint8(1),
    sps.subarray(3, 15),
    uint8(0xf0, 0, 0xfc, 0xfc | chroma, 0xf8 | luma, 0xf8 | chromaDepth, 0, 0),
    uint8(((layers + 1) << 3) | (nested << 2) | 3, arrays.length),
    arrays,
  ]);
}

/** Chroma format and depths of a sequence parameter set (ISO/IEC 23008-2 §7.3.2.2). */
function hevcDepths(sps: Uint8Array, layers: number) {
  const bits = new Bits(sps, 15 * 8);
  const present = Array.from({ length: layers }, () => [bits.read(1), bits.read(1)]);
  if (layers > 0) bits.read(2 * (8 - layers));
  for (const [profile, level] of present) {
    for (let i = 0; profile && i < 11; i++) bits.read(8);
    if (level) bits.read(8);
  }
  bits.golomb();
  const chroma = bits.golomb();
  if (chroma === 3) bits.read(1);
  bits.golomb();
  bits.golomb();
  if (bits.read(1)) for (let i = 0; i < 4; i++) bits.golomb();
  return { chroma, luma: bits.golomb(), chromaDepth: bits.golomb() };
}

function missing(): PackagerError {
  return new PackagerError('corrupt', 'The video never says how it is coded.');
}
