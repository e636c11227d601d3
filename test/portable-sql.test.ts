import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './product.ts';

/** What one engine has and the other has not, or means otherwise, with what to write in its place. */
const foreign: readonly (readonly [RegExp, string])[] = [
  [/\.onConflict\(|\.onDuplicateKeyUpdate\(|\bon conflict\b|\binsert or\b|\breplace into\b/i, 'upsert()'],
  [/\.ignore\(\)|\.orIgnore\(\)|\binsert ignore\b/i, 'upsert() without a change'],
  [/\.returning(All)?\(|`[^`]*\breturning\b[^`]*`\.execute/i, 'select it, its id is ours'],
  [/\bautoincrement\b|\bauto_increment\b|\.autoIncrement\(/i, 'an id of our own'],
  [
    /\b(strftime|julianday|unixepoch|datetime|curdate|unix_timestamp)\(\s*['")]|\bcurrent_timestamp\b/i,
    'a time bound as text',
  ],
  [
    /\b(json_extract|json_each|json_group_array|group_concat|iif|ifnull|typeof|printf|glob|match|against|last_insert_rowid|last_insert_id)\([^)]*\)[^;]*`/i,
    'work in TypeScript',
  ],
  [/\bcollate nocase\b|\bilike\b|\bfts5\b|\bwithout rowid\b|\bpragma\b|\bsqlite_\w+/i, 'exact comparisons'],
  [
    /\btext\b[^,)]*\b(unique|primary key|references)\b|'text'[^)]*\)\s*=>[^,\n]*(unique|primaryKey|references)/i,
    'varchar(n) for a key',
  ],
];

const sources = ['identity', 'subscriptions', 'media']
  .map((name) => join('services', name, 'src'))
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !/\.test\.ts$|(^|\/)testing(\/|\.ts)/.test(file))
      .map((file) => join(folder, file)),
  );

/** Only where there is SQL: the words mean other things elsewhere. */
const speaksSql = (text: string) => /from 'kysely'|selectFrom\(|insertInto\(|create table/.test(text);

test('services write SQL that both engines understand alike', () => {
  const faults = sources.flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    if (!speaksSql(text)) return [];
    return text
      .split('\n')
      .flatMap((line, i) =>
        foreign.filter(([pattern]) => pattern.test(line)).map(([, better]) => `${file}:${i + 1}: ${better}`),
      );
  });
  expect(faults).toEqual([]);
});

test('the words it looks for are found', () => {
  const lines = [
    '.onConflict((c) => c.doNothing())',
    'insert ignore into t',
    '.returningAll()',
    'seq integer primary key autoincrement',
    `strftime('%s', at)`,
    'sql`select json_extract(a, b) from t`',
    'name text collate nocase',
    `"hash" text not null unique`,
  ];
  for (const line of lines)
    expect(
      foreign.some(([pattern]) => pattern.test(line)),
      line,
    ).toBe(true);
});
