import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openShelves, type Shelves } from '../testing/shelves.ts';
import { normalise } from './wording.ts';

/** What the library must be, in the simplest form. */
interface ModelVideo {
  title: string;
  folder: string | null;
  tags: Set<string>;
  favorite: boolean;
  trashed: boolean;
  trashedWith: string | null;
}
interface ModelFolder {
  name: string;
  parent: string | null;
  trashedWith: string | null;
}
class Model {
  readonly videos = new Map<string, ModelVideo>();
  readonly folders = new Map<string, ModelFolder>();

  live = () => [...this.videos].filter(([, video]) => !video.trashed);
  liveFolders = () => [...this.folders].filter(([, folder]) => folder.trashedWith === null);
  isLive = (id: string | null) => id === null || this.folders.get(id)?.trashedWith === null;
  named = (parent: string | null, name: string) =>
    this.liveFolders().find(
      ([, folder]) => folder.parent === parent && normalise(folder.name) === normalise(name),
    );
  below(id: string): string[] {
    const children = [...this.folders].filter(([, folder]) => folder.parent === id);
    return [id, ...children.flatMap(([child]) => this.below(child))];
  }
}

interface World {
  readonly shelves: Shelves;
}
type Command = fc.AsyncCommand<Model, World>;

const words = ['제주', '바다', 'Winter', 'winter 2', '한라산', 'sea', '100%', "it's", 'a_b'];
const word = fc.constantFrom(...words);
/** Picks one of a list by a number that does not know its length. */
const at = <T>(list: readonly T[], n: number): T | undefined => list[n % Math.max(1, list.length)];
const some = (ids: readonly string[], picks: readonly number[]) => [
  ...new Set(picks.map((n) => at(ids, n)).filter((id) => id !== undefined)),
];

function command(name: string, run: (model: Model, shelves: Shelves) => Promise<void>): Command {
  return {
    check: () => true,
    async run(model, { shelves }) {
      await run(model, shelves);
      await compare(model, shelves);
    },
    toString: () => name,
  };
}

const pick = fc.nat(1000);
const picks = fc.array(pick, { minLength: 1, maxLength: 5 });

const commands = [
  fc.tuple(word, word, pick).map(([a, b, n]) =>
    command(`add ${a} ${b}`, async (model, { add }) => {
      const folder = at([null, ...model.liveFolders().map(([id]) => id)], n) ?? null;
      const { id } = await add(`${a} ${b}`, folder ? { folderId: folder } : {});
      const fresh = { tags: new Set<string>(), favorite: false, trashed: false, trashedWith: null };
      model.videos.set(id, { title: `${a} ${b}`, folder, ...fresh });
    }),
  ),
  fc.tuple(word, pick).map(([name, n]) =>
    command(`folder ${name}`, async (model, { folders }) => {
      const parent = at([null, ...model.liveFolders().map(([id]) => id)], n) ?? null;
      const made = folders.create(name, parent);
      if (model.named(parent, name)) return expect(made).rejects.toMatchObject({ code: 'name_taken' });
      model.folders.set((await made).id, { name, parent, trashedWith: null });
    }),
  ),
  fc.tuple(picks, pick).map(([chosen, n]) =>
    command('move', async (model, { bulk }) => {
      const ids = some([...model.videos.keys()], chosen);
      const folder = at([null, ...model.folders.keys()], n) ?? null;
      if (ids.length === 0) return;
      const moved = bulk.run(ids, { do: 'move', folderId: folder });
      if (!model.isLive(folder)) return expect(moved).rejects.toMatchObject({ code: 'not_found' });
      await moved;
      for (const id of ids) Object.assign(model.videos.get(id)!, { folder });
    }),
  ),
  fc.tuple(pick, pick).map(([n, m]) =>
    command('move a folder', async (model, { folders }) => {
      const [id, folder] = at(model.liveFolders(), n) ?? [];
      const parent = at([null, ...model.liveFolders().map(([one]) => one)], m) ?? null;
      if (!id || !folder) return;
      const moved = folders.change(id, { parentId: parent });
      const taken = model.named(parent, folder.name);
      if (parent && model.below(id).includes(parent)) {
        return expect(moved).rejects.toMatchObject({ code: 'conflict' });
      }
      if (taken && taken[0] !== id) return expect(moved).rejects.toMatchObject({ code: 'name_taken' });
      await moved;
      folder.parent = parent;
    }),
  ),
  fc.tuple(picks, word, fc.boolean()).map(([chosen, tag, add]) =>
    command(`tag ${tag}`, async (model, { bulk }) => {
      const ids = some([...model.videos.keys()], chosen);
      if (ids.length === 0) return;
      await bulk.run(ids, { do: 'tag', add: add ? [tag] : [], remove: add ? [] : [tag] });
      for (const id of ids) {
        const { tags } = model.videos.get(id)!;
        if (add) tags.add(normalise(tag));
        else tags.delete(normalise(tag));
      }
    }),
  ),
  fc.tuple(picks, fc.boolean()).map(([chosen, favorite]) =>
    command('favourite', async (model, { bulk }) => {
      const ids = some([...model.videos.keys()], chosen);
      if (ids.length === 0) return;
      await bulk.run([...ids, 'nobody'], { do: 'favorite', favorite });
      for (const id of ids) model.videos.get(id)!.favorite = favorite;
    }),
  ),
  picks.map((chosen) =>
    command('trash', async (model, { bulk }) => {
      const ids = some([...model.videos.keys()], chosen);
      if (ids.length === 0) return;
      await bulk.run(ids, { do: 'trash' });
      for (const id of ids) {
        const video = model.videos.get(id)!;
        if (!video.trashed) Object.assign(video, { trashed: true, trashedWith: null });
      }
    }),
  ),
  pick.map((n) =>
    command('trash a folder and undo', async (model, { trash }) => {
      const id = at(model.liveFolders(), n)?.[0];
      if (!id) return;
      const gone = new Set(model.below(id).filter((one) => model.isLive(one)));
      const held = model.live().filter(([, { folder }]) => folder && gone.has(folder));
      const told = await trash.putFolder(id);
      expect(new Set(told)).toEqual(new Set(held.map(([video]) => video)));
      for (const one of told) expect(trash.has(one)).toBe(true);
      await trash.restoreFolder(id);
    }),
  ),
  pick.map((n) =>
    command('trash a folder', async (model, { trash }) => {
      const id = at(model.liveFolders(), n)?.[0];
      if (!id) return;
      const gone = model.below(id).filter((one) => model.isLive(one));
      await trash.putFolder(id);
      for (const [, video] of model.live()) {
        if (video.folder && gone.includes(video.folder))
          Object.assign(video, { trashed: true, trashedWith: id });
      }
      for (const one of gone) model.folders.get(one)!.trashedWith = id;
    }),
  ),
  picks.map((chosen) =>
    command('restore', async (model, { bulk, folders }) => {
      const ids = some([...model.videos.keys()], chosen);
      if (ids.length === 0) return;
      await bulk.run(ids, { do: 'restore' });
      const alive = await folders.list();
      for (const id of ids) {
        const video = model.videos.get(id)!;
        const path = pathOf(model, video.folder);
        Object.assign(video, { trashed: false, trashedWith: null, folder: idAt(alive, path) });
      }
      for (const { id, parentId, name } of alive) {
        model.folders.set(id, { name, parent: parentId, trashedWith: null });
      }
    }),
  ),
];

const pathOf = (model: Model, id: string | null): string[] => {
  const folder = id === null ? undefined : model.folders.get(id);
  return folder ? [...pathOf(model, folder.parent), folder.name] : [];
};

/** The live folder at a path, which must be there: restoring brings it back. */
function idAt(folders: readonly { id: string; parentId: string | null; name: string }[], path: string[]) {
  let parent: string | null = null;
  for (const name of path) {
    const at = folders.find((one) => one.parentId === parent && normalise(one.name) === normalise(name));
    expect(at).toBeDefined();
    parent = at!.id;
  }
  return parent;
}

/** The library shows what the model holds, by every way of asking. */
async function compare(model: Model, { list, folders, trash }: Shelves): Promise<void> {
  const { items, total } = await list();
  const live = model.live();
  expect(total).toBe(live.length);
  expect(
    new Map(items.map(({ id, folderId, tags, favorite }) => [id, facts(folderId, tags, favorite)])),
  ).toEqual(
    new Map(live.map(([id, { folder, tags, favorite }]) => [id, facts(folder, [...tags], favorite)])),
  );
  const put = [...model.videos].filter(([, { trashed }]) => trashed).map(([id]) => id);
  expect(new Set((await list({ trashed: true })).items.map(({ id }) => id))).toEqual(new Set(put));
  for (const id of model.videos.keys()) expect(trash.has(id)).toBe(put.includes(id));
  const shown = await folders.list();
  expect(new Map(shown.map(({ id, parentId, name }) => [id, [parentId, name]]))).toEqual(
    new Map(model.liveFolders().map(([id, { parent, name }]) => [id, [parent, name]])),
  );
  for (const { id, videoCount } of shown) {
    expect(videoCount).toBe(live.filter(([, { folder }]) => folder === id).length);
  }
  for (const search of ['제주 바', 'WIN', '2', '%', "it's", 'a_b', '.MP4 sea']) {
    const found = (await list({ search })).items.map(({ id }) => id);
    const scanned = live.filter(([, video]) => says(video, search)).map(([id]) => id);
    expect(new Set(found)).toEqual(new Set(scanned));
  }
}

const facts = (folder: string | null, tags: readonly string[], favorite: boolean) =>
  JSON.stringify([folder, tags.map(normalise).sort(), favorite]);

const says = ({ title, tags }: ModelVideo, search: string) => {
  const text = normalise([title, `${title}.mp4`, ...tags].join(' '));
  return search.split(' ').every((term) => text.includes(normalise(term)));
};

it('is what a simple model says, after any sequence of operations', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { maxCommands: 25 }), async (sequence) => {
      const shelves = await openShelves();
      try {
        await fc.asyncModelRun(() => ({ model: new Model(), real: { shelves } }), sequence);
      } finally {
        await shelves.db.destroy();
      }
    }),
    { numRuns: 60 },
  );
});
