/** Bytes a second, smoothed over a few seconds so that the number can be read. */
export function createSpeedometer(now: () => number = () => performance.now()) {
  let last: { at: number; bytes: number } | undefined;
  let speed = 0;
  return (bytes: number): number => {
    const at = now();
    if (last && at > last.at && bytes >= last.bytes) {
      const seconds = (at - last.at) / 1000;
      const weight = 1 - Math.exp(-seconds / 2);
      const latest = (bytes - last.bytes) / seconds;
      speed = speed === 0 ? latest : speed + weight * (latest - speed);
    }
    last = { at, bytes };
    return speed;
  };
}

/** Seconds until the rest has gone, or null while nobody can say. */
export function secondsLeft(item: { size: number; sent: number; speed: number }): number | null {
  return item.speed > 0 ? Math.ceil((item.size - item.sent) / item.speed) : null;
}
