import { describe, expect, it } from 'vitest';
import { extended, nothing, rangeTo, stepOf, toggled, without } from './selection.ts';
import { filterOf, readView, writeView } from './useLibraryView.ts';

describe('a selection', () => {
  it('toggles, extends from its anchor, and lets go of what is gone', () => {
    const one = toggled(nothing, 'c', 2);
    expect(rangeTo(one, 0)).toEqual({ from: 0, to: 2 });
    expect(rangeTo(nothing, 5)).toEqual({ from: 5, to: 5 });
    const three = extended(one, ['a', 'b', 'c']);
    expect([...three.ids].sort()).toEqual(['a', 'b', 'c']);
    expect([...without(three, ['b']).ids].sort()).toEqual(['a', 'c']);
    expect(without(three, ['x'])).toBe(three);
    expect(toggled(one, 'c', 2).ids.size).toBe(0);
  });

  it.each([
    ['ArrowRight', 0, 1],
    ['ArrowLeft', 0, undefined],
    ['ArrowDown', 8, undefined],
    ['ArrowDown', 3, 6],
    ['ArrowUp', 4, 1],
    ['Home', 5, 0],
    ['End', 5, 9],
    ['PageDown', 5, 9],
    ['PageUp', 5, 0],
    ['x', 5, undefined],
  ])('%s leads from %i to %s', (key, from, to) => {
    expect(stepOf(key, from, 3, 10)).toBe(to);
  });
});

describe('the address of a view', () => {
  it.each(['', 'folder=f1', 'q=%EC%A0%9C%EC%A3%BC', 'show=favorites&tag=a&sort=title'])(
    '%j is kept',
    (text) => {
      expect(writeView(readView(new URLSearchParams(text))).toString()).toBe(
        new URLSearchParams(text).toString(),
      );
    },
  );

  it('means a folder, or with a search all of them', () => {
    const filter = (text: string) => filterOf(readView(new URLSearchParams(text)));
    expect(filter('')).toEqual({ sort: '-created', folder: 'root' });
    expect(filter('folder=f1')).toEqual({ sort: '-created', folder: 'f1' });
    expect(filter('folder=f1&q=+a+')).toEqual({ sort: '-created', search: 'a' });
    expect(filter('show=favorites&sort=nonsense')).toEqual({ sort: '-created', favorite: 'true' });
  });
});
