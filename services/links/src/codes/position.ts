const CLOCK = /^(?:(\d{1,3})h)?(?:(\d{1,4})m)?(?:(\d{1,6})s?)?$/;

/** The whole seconds that `90`, `90s`, `1m30s` or `1h2m3s` mean; undefined for anything else. */
export function readPosition(text: string | null): number | undefined {
  const match = text ? CLOCK.exec(text.toLowerCase()) : null;
  if (!match) return undefined;
  const [hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((digits) => Number(digits ?? 0));
  return hours * 3600 + minutes * 60 + seconds;
}
