import type { Video } from '@ptsdly/contract';
import { useEffect } from 'react';
import { shallowEqual } from 'react-redux';
import { libraryEndpoints, stretchLength, type VideoFilter, type VideoStretch } from '../../api/library.ts';
import { useAppDispatch, useAppSelector } from '../../store/store.ts';
import { askAgainAfter } from './videoState.ts';

interface List {
  readonly serverUrl: string;
  readonly filter: VideoFilter;
}

/**
 * The videos of a list between two places, as far as they have come: one look into the cache for all that is in sight,
 * and not one for each card. What is still arriving is asked for again now and then.
 */
export function useStretches(
  { serverUrl, filter }: List,
  from: number,
  to: number,
): (index: number) => Video | undefined {
  const dispatch = useAppDispatch();
  const first = from - (from % stretchLength);
  const count = Math.floor((to - first) / stretchLength) + 1;
  const key = JSON.stringify(filter);
  const stretches = useAppSelector(
    (state) => offsetsFrom(first, count).map((offset) => select({ serverUrl, filter, offset })(state).data),
    shallowEqual,
  );
  useEffect(() => {
    const wanted: VideoFilter = JSON.parse(key);
    const held = offsetsFrom(first, count).map((offset) =>
      dispatch(libraryEndpoints.videoWindow.initiate({ serverUrl, filter: wanted, offset })),
    );
    return () => {
      for (const one of held) one.unsubscribe();
    };
  }, [dispatch, serverUrl, key, first, count]);
  const again = askAgainAfter(stretches.flatMap((stretch) => stretch?.items ?? []));
  useEffect(() => {
    if (again === 0) return;
    const timer = setInterval(() => {
      if (!document.hasFocus()) return;
      for (const offset of offsetsFrom(first, count)) {
        const window = { serverUrl, filter: JSON.parse(key) as VideoFilter, offset };
        dispatch(libraryEndpoints.videoWindow.initiate(window, { subscribe: false, forceRefetch: true }));
      }
    }, again);
    return () => clearInterval(timer);
  }, [dispatch, serverUrl, key, first, count, again]);
  return (index) => {
    const stretch = stretches[Math.floor((index - first) / stretchLength)] as VideoStretch | undefined;
    return stretch?.items[(index - first) % stretchLength];
  };
}

const { select } = libraryEndpoints.videoWindow;

const offsetsFrom = (first: number, count: number) =>
  Array.from({ length: Math.max(0, count) }, (_, i) => first + i * stretchLength);
