import { expect, test, vi } from 'vitest';
import { Verdicts } from './verdicts.ts';

test('a text is judged once, until there are too many; a long one each time', () => {
  const judge = vi.fn((text: string) => text.length > 3);
  const verdicts = new Verdicts(judge, 3);
  const all = () => ['a', 'bb', 'four'].map((text) => verdicts.of(text));
  expect([all(), all()]).toEqual([
    [false, false, true],
    [false, false, true],
  ]);
  expect(judge).toHaveBeenCalledTimes(3);
  verdicts.of('the fourth');
  expect(verdicts.of('a')).toBe(false);
  expect(judge).toHaveBeenCalledTimes(5);
  for (let n = 0; n < 2; n++) expect(verdicts.of('x'.repeat(5000))).toBe(true);
  expect(judge).toHaveBeenCalledTimes(7);
});
