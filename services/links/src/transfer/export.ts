import type { ExportedLink } from '@ptsdly/contract';
import type { Cards } from '../cards/cards.ts';
import { toLink } from '../sharing/link.ts';
import type { Links } from '../sharing/links.ts';
import { csvOf } from './csv.ts';

const PAGE = 200;

/** The columns of the table, in the order in which people read them. */
const COLUMNS = [
  'url',
  'alias',
  'label',
  'recipient',
  'videoTitle',
  'opensAt',
  'expiresAt',
  'maxViews',
  'views',
  'hasPassword',
  'startAt',
  'endAt',
  'speed',
  'allowDownload',
  'embedOrigins',
  'createdAt',
  'code',
  'serverId',
  'videoId',
] as const satisfies readonly (keyof ExportedLink)[];

/** All live links of an owner, newest first. */
export async function exportLinks(
  { links, cards, baseUrl }: { links: Links; cards: Cards; baseUrl: string },
  ownerId: string,
): Promise<ExportedLink[]> {
  const exported: ExportedLink[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await links.list({ ownerId, limit: PAGE, cursor });
    for (const record of page.items) {
      const { card } = await cards.text(record.serverId, record.videoId);
      const { id: _, state: __, lastOpenedAt: ___, ...link } = toLink(record, baseUrl, card?.title ?? null);
      exported.push(link);
    }
    if (page.nextCursor === null) return exported;
    cursor = page.nextCursor;
  }
}

export function linksCsv(links: readonly ExportedLink[]): string {
  const rows = links.map((link) =>
    COLUMNS.map((column) => (column === 'embedOrigins' ? link.embedOrigins?.join(' ') : link[column])),
  );
  return csvOf(COLUMNS, rows);
}
