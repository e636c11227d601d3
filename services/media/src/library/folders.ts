import { type Folder, Problem, type TrashedFolder } from '@ptsdly/contract';
import { isUniqueViolation } from '@ptsdly/db';
import { newId } from '@ptsdly/kit';
import type { FolderRow, MediaDatabase } from '../database.ts';
import { FolderTree } from './folder-tree.ts';
import type { Journal, Trx } from './journal.ts';
import { cleanName, normalise } from './wording.ts';

const MAX_FOLDERS = 5000;
export const MAX_DEPTH = 20;

/** The folders of this server. Names are unique among siblings, however they are spelt. */
export class Folders {
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  async list(): Promise<Folder[]> {
    const { db } = this.#journal;
    const rows = await db.selectFrom('folders').selectAll().where('trashed_at', 'is', null).execute();
    const sums = await db
      .selectFrom('videos')
      .select(({ fn }) => [
        'folder_id',
        fn.countAll<number>().as('count'),
        fn.sum<number>('size_bytes').as('bytes'),
      ])
      .where('trashed_at', 'is', null)
      .groupBy('folder_id')
      .execute();
    const byFolder = new Map(sums.map((sum) => [sum.folder_id, sum]));
    const order = new Intl.Collator('ko', { numeric: true });
    return rows
      .sort((a, b) => order.compare(a.name, b.name))
      .map((row) => describe(row, byFolder.get(row.id)));
  }

  /** What was put into the trash as a whole: each with the videos that went there with it, the last one first. */
  async trashed(): Promise<TrashedFolder[]> {
    const { db } = this.#journal;
    const rows = await db
      .selectFrom('folders')
      .selectAll()
      .whereRef('trashed_with', '=', 'id')
      .orderBy('trashed_at', 'desc')
      .execute();
    const sums = await db
      .selectFrom('videos')
      .select(({ fn }) => [
        'trashed_with',
        fn.countAll<number>().as('count'),
        fn.sum<number>('size_bytes').as('bytes'),
      ])
      .where('trashed_with', '!=', '')
      .groupBy('trashed_with')
      .execute();
    const byFolder = new Map(sums.map((sum) => [sum.trashed_with, sum]));
    return rows.map((row) => ({
      ...describe(row, byFolder.get(row.id)),
      trashedAt: row.trashed_at ?? row.created_at,
    }));
  }

  /** Rejects with `name_taken`, `not_found` (of the parent), `limit_reached` or `invalid_fields`. */
  async create(name: string, parentId: string | null): Promise<Folder> {
    const { row } = await this.#journal.write(async (trx) => {
      const tree = await FolderTree.load(trx);
      if (parentId) tree.requireLive(parentId);
      return { row: await insert(trx, tree, cleanName(name), parentId ?? ''), folders: true };
    });
    return describe(row);
  }

  /** The folders at these paths; those that are missing are made. Rejects like `create`, without `name_taken`. */
  async ensure(parentId: string | null, paths: readonly (readonly string[])[]): Promise<string[]> {
    const { ids } = await this.#journal.write(async (trx) => {
      const tree = await FolderTree.load(trx);
      if (parentId) tree.requireLive(parentId);
      const ids: string[] = [];
      for (const path of paths) {
        let at = parentId ?? '';
        for (const name of path.map(cleanName)) {
          at = (tree.childNamed(at, name) ?? (await insert(trx, tree, name, at))).id;
        }
        ids.push(at);
      }
      return { ids, folders: true };
    });
    return ids;
  }

  /** Rejects with `name_taken`, `not_found`, `invalid_fields` or `conflict` (into itself, or too deep). */
  async change(id: string, change: { name?: string; parentId?: string | null }): Promise<Folder> {
    const { row } = await this.#journal.write(async (trx) => {
      const tree = await FolderTree.load(trx);
      const before = tree.requireLive(id);
      const name = change.name === undefined ? before.name : cleanName(change.name);
      const parent_id = change.parentId === undefined ? before.parent_id : (change.parentId ?? '');
      if (parent_id !== before.parent_id) requireFit(tree, id, parent_id);
      const row = { ...before, name, parent_id, slot: normalise(name) };
      await taken(trx.updateTable('folders').set(row).where('id', '=', id).execute());
      return { row, folders: true };
    });
    return describe(row, await this.#sumOf(row.id));
  }

  async #sumOf(id: string): Promise<Sum> {
    return sumOf(this.#journal.db, id);
  }
}

interface Sum {
  readonly count: number;
  readonly bytes: number | null;
}

async function sumOf(db: MediaDatabase | Trx, id: string): Promise<Sum> {
  return db
    .selectFrom('videos')
    .select(({ fn }) => [fn.countAll<number>().as('count'), fn.sum<number | null>('size_bytes').as('bytes')])
    .where('folder_id', '=', id)
    .where('trashed_at', 'is', null)
    .executeTakeFirstOrThrow();
}

export const describe = (row: FolderRow, sum?: Sum): Folder => ({
  id: row.id,
  parentId: row.parent_id || null,
  name: row.name,
  videoCount: Number(sum?.count ?? 0),
  sizeBytes: Number(sum?.bytes ?? 0),
  createdAt: row.created_at,
});

async function insert(trx: Trx, tree: FolderTree, name: string, parentId: string): Promise<FolderRow> {
  if (tree.size >= MAX_FOLDERS || tree.depth(parentId) >= MAX_DEPTH) throw new Problem('limit_reached');
  const row: FolderRow = {
    id: newId(),
    parent_id: parentId,
    name,
    slot: normalise(name),
    trashed_at: null,
    trashed_with: '',
    created_at: new Date().toISOString(),
  };
  await taken(trx.insertInto('folders').values(row).execute());
  tree.add(row);
  return row;
}

function requireFit(tree: FolderTree, id: string, parentId: string): void {
  if (parentId === '') return;
  tree.requireLive(parentId);
  const moved = tree.subtree(id);
  if (moved.some((row) => row.id === parentId)) {
    throw new Problem('conflict', { detail: 'A folder cannot be moved into itself.' });
  }
  const height = Math.max(...moved.map((row) => tree.depth(row.id))) - tree.depth(id) + 1;
  if (tree.depth(parentId) + height > MAX_DEPTH) {
    throw new Problem('conflict', { detail: `Folders cannot lie deeper than ${MAX_DEPTH}.` });
  }
}

/** A slot that somebody has is told in our words. */
function taken<T>(work: Promise<T>): Promise<T> {
  return work.catch((cause: unknown) => {
    throw isUniqueViolation(cause) ? new Problem('name_taken', { cause }) : cause;
  });
}
