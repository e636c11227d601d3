/**
 * Puts times that a container rounded back onto the grid of the sound's own packets: as long as they stay
 * within `tolerance` of where the packets before end, they follow without gap; beyond it a real gap begins.
 * All in track units.
 */
export function followOn(times: Float64Array, packet: number, tolerance: number): void {
  let expected = Number.NaN;
  for (let i = 0; i < times.length; i++) {
    const told = times[i] as number;
    const time = Math.abs(told - expected) <= tolerance || Number.isNaN(told) ? expected : told;
    times[i] = time;
    expected = time + packet;
  }
}

/** Samples a channel in an Opus packet at 48 kHz, by its first bytes (RFC 6716 §3.1). */
export function opusPacketLength(packet: Uint8Array): number {
  const [toc = 0, frames = 0] = packet;
  const config = toc >> 3;
  const size =
    config < 12
      ? ([480, 960, 1920, 2880][config & 3] as number)
      : config < 16
        ? ([480, 960][config & 1] as number)
        : ([120, 240, 480, 960][config & 3] as number);
  const code = toc & 3;
  return size * (code === 0 ? 1 : code === 3 ? Math.max(1, frames & 63) : 2);
}
