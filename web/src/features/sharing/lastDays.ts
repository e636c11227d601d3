/** The last so many days until today (UTC), also those without views. */
export function lastDays(
  days: readonly { readonly day: string; readonly views: number }[],
  count: number,
  now = Date.now(),
): { day: string; views: number }[] {
  const known = new Map(days.map(({ day, views }) => [day, views]));
  return Array.from({ length: count }, (_, at) => {
    const day = new Date(now - (count - 1 - at) * 86_400_000).toISOString().slice(0, 10);
    return { day, views: known.get(day) ?? 0 };
  });
}
