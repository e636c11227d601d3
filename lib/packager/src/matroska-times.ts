const NANOSECONDS = 1e9;

/** As fine as the file's own ticks where these divide a second, between a millisecond and a microsecond. */
export function timescaleOf(tick: number): number {
  const own = NANOSECONDS / tick;
  return Number.isInteger(own) && own >= 1000 && own <= 1e6 ? own : 1e6;
}

/** Nanoseconds as units of a timescale, in place. */
export function scale(times: Float64Array, timescale: number): void {
  for (let i = 0; i < times.length; i++) times[i] = scaled(times[i] as number, timescale);
}

export function scaled(nanoseconds: number, timescale: number): number {
  return Math.round((nanoseconds * timescale) / NANOSECONDS);
}

/** Packets that share a block follow one another at the track's own distance, in place; all in the same units. */
export function fillLaces(times: Float64Array, distance: number): void {
  for (let i = 0; i < times.length; i++) {
    if (Number.isNaN(times[i])) times[i] = (i > 0 ? (times[i - 1] as number) : 0) + distance;
  }
}
