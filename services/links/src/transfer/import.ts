import {
  type HandlerInput,
  type ImportedLink,
  type ImportReport,
  importedLink,
  type linkTransferApi,
  MAX_IMPORT,
  Problem,
} from '@ptsdly/contract';
import { validate } from '@ptsdly/kit';
import { parse } from 'csv-parse/sync';
import { readAlias } from '../codes/alias.ts';
import type { Parts } from '../parts.ts';
import { invalid, type LinkRecord } from '../sharing/link.ts';
import type { Target } from '../sharing/links.ts';
import type { Sharer } from '../sharing/sharer.ts';
import { newLimits } from '../sharing/sharing.ts';
import { plain } from './csv.ts';

type Body = HandlerInput<typeof linkTransferApi.importLinks>['body'];
type Remark = ImportReport['remarks'][number];

/** With these nothing that follows would go better. */
const FATAL: ReadonlySet<string> = new Set(['unavailable', 'unauthenticated', 'rate_limited', 'internal']);
/** An alias that cannot be had does not keep its link from being made. */
const ABOUT_ALIAS: ReadonlySet<string> = new Set(['alias_taken', 'alias_not_allowed']);

/**
 * Makes links of the rows of a file, one after the other. A row that cannot be a link is remarked on and passed over.
 * Rejects where the file is no table, or where nothing can be made at the moment; what was made until then stays.
 */
export async function importLinks(
  parts: Pick<Parts, 'sharing' | 'links' | 'startPosters'>,
  body: Body,
  caller: Sharer,
): Promise<ImportReport> {
  const rows = 'csv' in body ? readTable(body.csv) : body.links;
  const targets = new Map<string, Promise<Target>>();
  const remarks: Remark[] = [];
  const made: LinkRecord[] = [];
  try {
    for (const [at, row] of rows.entries()) {
      const remark = (error: unknown, isCreated: boolean) => {
        const { code, detail } = Problem.from(error);
        if (FATAL.has(code)) throw error;
        remarks.push({ row: at + 1, isCreated, code, detail });
      };
      try {
        const { link, problem } = await importRow(parts, validate(importedLink, row), caller, targets);
        made.push(link);
        if (problem) remark(problem, true);
      } catch (error) {
        remark(error, false);
      }
    }
  } finally {
    parts.startPosters.want(made);
  }
  return { created: made.length, remarks };
}

/** Makes one link; with the problem of its alias where it was made without. */
async function importRow(
  { sharing, links }: Pick<Parts, 'sharing' | 'links'>,
  row: ImportedLink,
  caller: Sharer,
  targets: Map<string, Promise<Target>>,
): Promise<{ readonly link: LinkRecord; readonly problem?: Problem }> {
  if (row.hasPassword && !row.password) throw new Problem('link_password_missing');
  const limits = await newLimits(row);
  const key = JSON.stringify([row.serverId, row.videoId]);
  const asked = targets.get(key) ?? sharing.target(row, caller);
  targets.set(key, asked);
  const target = await asked;
  if (!row.alias) return { link: await links.create(target, limits) };
  try {
    return { link: await links.create(target, limits, readAlias(row.alias)) };
  } catch (error) {
    const problem = Problem.from(error);
    if (!ABOUT_ALIAS.has(problem.code)) throw error;
    return { link: await links.create(target, limits), problem };
  }
}

/** The rows of a table with a head, as our export has it; other columns are passed over. */
function readTable(text: string): Record<string, unknown>[] {
  const rows = parseTable(text);
  if (rows.length > MAX_IMPORT) throw invalid('csv', `at most ${MAX_IMPORT} rows`);
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row)
        .map(([name, value]) => [name, cellValue(name, plain(value.trim()))] as const)
        .filter(([, value]) => value !== undefined),
    ),
  );
}

function parseTable(text: string): Record<string, string>[] {
  try {
    return parse(text, { columns: true, bom: true, skip_empty_lines: true, relax_column_count: true });
  } catch (cause) {
    throw invalid('csv', (cause as Error).message);
  }
}

const NUMBERS = new Set(['maxViews', 'startAt', 'endAt', 'speed']);
const FLAGS = new Set(['allowDownload', 'hasPassword']);

function cellValue(name: string, text: string): unknown {
  if (name === 'embedOrigins') return text === '' ? undefined : text.split(/\s+/);
  if (text === '') return undefined;
  if (NUMBERS.has(name)) return Number(text);
  if (FLAGS.has(name)) return /^(?:true|1|yes)$/i.test(text);
  return text;
}
