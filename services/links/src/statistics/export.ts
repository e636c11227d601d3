import type { LinkStats } from '@ptsdly/contract';
import { csvOf } from '../transfer/csv.ts';

/** Views by hour as a table: one row an hour that had any (RFC 4180), oldest first. */
export function statsCsv(stats: LinkStats): string {
  const rows = stats.days.flatMap(({ day, hours }) =>
    hours.map((views, hour) => [`${day}T${String(hour).padStart(2, '0')}:00:00Z`, views] as const),
  );
  return csvOf(
    ['hour', 'views'],
    rows.filter(([, views]) => views > 0),
  );
}
