/** Seconds of `?t=90`, `?t=90s`, `?t=1m30s` or `?t=1h2m3s`; null for anything else. */
export function parseStart(value: string | null): number | null {
  if (!value) return null;
  if (/^\d{1,7}(\.\d{1,3})?$/.test(value)) return Number(value);
  const parts = /^(?:(\d{1,3})h)?(?:(\d{1,4})m)?(?:(\d{1,6})s)?$/.exec(value);
  if (!parts) return null;
  const [hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0));
  return hours! * 3600 + minutes! * 60 + seconds!;
}
