import { videoSort } from '@ptsdly/contract';
import { isOnMariaDb } from '@ptsdly/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openShelves, type Shelves } from '../testing/shelves.ts';

let shelves: Shelves;
beforeAll(async () => {
  shelves = await openShelves();
});
afterAll(() => shelves.db.destroy());

describe('lists', () => {
  const titles = ['Part 10', 'part 2', 'Part 1', '나비', '가나다', 'Ä', '가 나', '100'];
  beforeAll(async () => {
    for (const [i, title] of titles.entries()) {
      const { id } = await shelves.add(title, { size: 10 + (i % 3) });
      if (i % 2) await shelves.db.updateTable('videos').set({ duration: i }).where('id', '=', id).execute();
    }
  });

  it.each(videoSort.options)('walk through all pages in the order of %s, as one page does', async (sort) => {
    const whole = (await shelves.list({ sort })).items.map(({ id }) => id);
    expect(new Set(whole).size).toBe(titles.length);
    const walked: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await shelves.list({ sort, limit: 3, ...(cursor && { cursor }) });
      expect(page.total).toBe(titles.length);
      walked.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    expect(walked).toEqual(whole);
    const jumped = (await shelves.list({ sort, limit: 3, offset: 4 })).items.map(({ id }) => id);
    expect(jumped).toEqual(whole.slice(4, 7));
  });

  it('sort titles as people do', async () => {
    const { items } = await shelves.list({ sort: 'title' });
    const shown = items.map(({ title }) => title);
    expect(shown.filter((title) => /part/i.test(title))).toEqual(['Part 1', 'part 2', 'Part 10']);
    expect(shown.indexOf('가 나')).toBeLessThan(shown.indexOf('나비'));
  });

  it.each(['', 'x', 'bm90IGpzb24', Buffer.from('[{},1]').toString('base64url')])(
    'refuse the cursor %j',
    async (cursor) => {
      const list = shelves.list({ cursor });
      if (cursor === '') return expect((await list).items).toHaveLength(titles.length);
      await expect(list).rejects.toMatchObject({ code: 'invalid_fields' });
    },
  );
});

describe('a search', () => {
  it('finds a name that a Mac has written in pieces', async () => {
    const { id } = await shelves.add('제주도 여행'.normalize('NFD'));
    const { items } = await shelves.list({ search: '주도 여' });
    expect(items.map((video) => video.id)).toEqual([id]);
  });

  it('finds what is said, until the subtitles go, and description and tags', async () => {
    const { id } = await shelves.add('film');
    const srt = Buffer.from('1\n00:00:01,000 --> 00:00:02,000\n<i>아무도</i> 모르는 &amp; 곳\n');
    const { id: subtitle } = await shelves.subtitles.add(id, srt, { fileName: 'film.en.srt' });
    const search = async (words: string) =>
      (await shelves.list({ search: words })).items.map((one) => one.id);
    expect(await search('아무도 film')).toEqual([id]);
    expect(await search('아무도 nobody')).toEqual([]);
    await shelves.subtitles.remove(id, subtitle);
    expect(await search('아무도 film')).toEqual([]);
    await shelves.library.change(id, { description: '가을에 찍은 것', tags: ['Family', ' family ', '가족'] });
    expect(await search('가을에')).toEqual([id]);
    expect(await search('FAMILY')).toEqual([id]);
    expect((await shelves.library.get(id)).tags).toEqual(['Family', '가족']);
    expect((await shelves.list({ tag: 'family' })).total).toBe(1);
  });
});

it.skipIf(isOnMariaDb())('is quick with ten thousand videos', { timeout: 60_000 }, async () => {
  const many = await openShelves();
  const { id: _, ...like } = await many.add('seed');
  const rows = Array.from({ length: 10_000 }, (_, i) => {
    const title = `제주 바다 ${i}`;
    return { ...like, id: `v${i}`, title, title_key: title, search_text: `${title}\n${'말'.repeat(200)}` };
  });
  for (let i = 0; i < rows.length; i += 500) {
    await many.db
      .insertInto('videos')
      .values(rows.slice(i, i + 500))
      .execute();
  }
  const took = async (query: Parameters<Shelves['list']>[0]) => {
    const started = performance.now();
    await many.list({ limit: 60, ...query });
    return performance.now() - started;
  };
  await took({});
  for (const query of [
    {},
    { search: '바다 77' },
    { sort: 'title' as const, offset: 9000 },
    { search: 'nothing' },
  ]) {
    const times = [await took(query), await took(query), await took(query)];
    expect(Math.min(...times)).toBeLessThan(150);
  }
  await many.db.destroy();
});
