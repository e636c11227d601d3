import { expect, it } from 'vitest';
import { highlight } from './Highlighted.tsx';

const marked = (text: string, search: string) =>
  highlight(text, search)
    .map(({ words, found }) => (found ? `[${words}]` : words))
    .join('');

it.each([
  ['제주 바다', '바다 제', '[제]주 [바다]'],
  ['제주'.normalize('NFD'), '주', '제[주]'],
  ['Winter Sea', 'SEA', 'Winter [Sea]'],
  ['a.b (c)', '. (', 'a[.]b [(]c)'],
  ['nothing', '', 'nothing'],
])('%s, searched for %s', (text, search, shown) => {
  expect(marked(text, search)).toBe(shown);
});
