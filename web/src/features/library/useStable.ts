import { useLayoutEffect, useRef, useState } from 'react';

type Acts = Readonly<Record<string, (...args: never[]) => unknown>>;

/** The same functions in every rendering, each of which does what the newest one of its name does. */
export function useStable<T extends Acts>(acts: T): T {
  const newest = useRef(acts);
  useLayoutEffect(() => {
    newest.current = acts;
  });
  const [stable] = useState(() => {
    const names = Object.keys(acts) as (keyof T)[];
    return Object.fromEntries(
      names.map((name) => [name, (...args: never[]) => newest.current[name]?.(...args)]),
    ) as T;
  });
  return stable;
}
