/** EBU R128 of a track: integrated loudness in LUFS, range in LU, true peak in dBTP; null for silence. */
export interface Loudness extends Record<string, unknown> {
  readonly integrated: number | null;
  readonly range: number;
  readonly truePeak: number | null;
}

/** Below the absolute gate of -70 LUFS nothing is measured (ITU-R BS.1770-4). */
const GATE = -70;

/** Reads the summary that ffmpeg's `ebur128` writes at its end; undefined where there is none. */
export function readLoudness(messages: string): Loudness | undefined {
  const summary = messages.slice(messages.lastIndexOf('Summary:'));
  const value = (pattern: RegExp) => {
    const text = pattern.exec(summary)?.[1];
    return text === undefined ? undefined : Number(text.replace('inf', 'Infinity').replace('nan', 'NaN'));
  };
  const integrated = value(/I:\s+(\S+) LUFS/);
  const range = value(/LRA:\s+(\S+) LU\b/);
  const peak = value(/Peak:\s+(\S+) dBFS/);
  if (integrated === undefined || range === undefined) return undefined;
  return {
    integrated: Number.isFinite(integrated) && integrated > GATE ? integrated : null,
    range: Number.isFinite(range) ? range : 0,
    truePeak: peak !== undefined && Number.isFinite(peak) ? peak : null,
  };
}
