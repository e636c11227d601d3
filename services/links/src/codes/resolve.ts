import { Problem } from '@ptsdly/contract';
import type { Kv, Tx } from '@ptsdly/kv';
import { keys } from '../keys.ts';
import type { CodeRecord } from '../sharing/link.ts';
import { type Alias, type AliasRecord, aliasOf } from './alias.ts';
import { readCode } from './code.ts';

/** What stays of a code whose link was erased, and of an alias that was given up: it is never given out again. */
export const TOMBSTONE: CodeRecord = ['', null, null, 'revoked'];

export interface Resolved {
  /** The segment as it stands in a URL of ours. A visitor who knows the alias is not told the code. */
  readonly segment: string;
  readonly record: CodeRecord;
}

/** What a path segment leads to; codes come before aliases. */
export async function resolve(kv: Pick<Kv, 'get'>, segment: string): Promise<Resolved | undefined> {
  const code = readCode(segment);
  if (code !== undefined) {
    const record = await kv.get<CodeRecord>(keys.code(code));
    return record && { segment: code, record };
  }
  const alias = aliasOf(segment);
  return alias && resolveAlias(kv, alias);
}

async function resolveAlias(kv: Pick<Kv, 'get'>, { text, look }: Alias): Promise<Resolved | undefined> {
  const found = await kv.get<AliasRecord>(keys.alias(look));
  if (!found) return undefined;
  const [code, known] = found;
  if (known !== '' && known !== text) return undefined;
  const record = known === '' ? TOMBSTONE : await kv.get<CodeRecord>(keys.code(code));
  return record && { segment: encodeURIComponent(text), record };
}

/** Gives a link another alias, or none. Throws `alias_taken` where somebody has it, had it, or has one that looks so. */
export async function changeAlias(
  tx: Tx,
  { code, alias: before }: { readonly code: string; readonly alias?: Alias | null },
  after: Alias | null,
): Promise<void> {
  if (before?.text === after?.text) return;
  if (before) tx.put(keys.alias(before.look), [code, ''] satisfies AliasRecord);
  if (!after) return;
  const holder = await tx.get<AliasRecord>(keys.alias(after.look));
  if (holder && holder[0] !== code) throw new Problem('alias_taken');
  tx.put(keys.alias(after.look), [code, after.text] satisfies AliasRecord);
}
