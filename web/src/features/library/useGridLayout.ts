import { useLayoutEffect, useRef, useState } from 'react';
import type { Layout } from '../../store/preferences.ts';

const narrow = 560;
const listRow = 84;

/** How many stand beside each other, and how high a row is, in pixels. */
export interface GridLayout {
  readonly columns: number;
  readonly rowHeight: number;
  readonly gap: number;
  /** From the top of the document. */
  readonly top: number;
}

/** What a width has room for: at least two on a phone, as many as are not narrower than 15 rem elsewhere. */
export function layoutFor(width: number, layout: Layout): Omit<GridLayout, 'top'> {
  if (layout === 'list') return { columns: 1, rowHeight: listRow, gap: 0 };
  const isNarrow = width < narrow;
  const gap = isNarrow ? 12 : 20;
  const columns = Math.max(2, Math.floor((width + gap) / ((isNarrow ? 150 : 236) + gap)));
  const cell = (width - gap * (columns - 1)) / columns;
  const words = isNarrow ? 94 : 98;
  return { columns, rowHeight: Math.round((cell * 9) / 16) + words + (isNarrow ? 10 : 16), gap };
}

/** Measures the element that the grid stands in, now and whenever something around it changes. */
export function useGridLayout(layout: Layout) {
  const ref = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState({ width: 0, top: 0 });
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return;
    const look = () => {
      const box = element.getBoundingClientRect();
      const seen = { width: box.width, top: Math.round(box.top + window.scrollY) };
      setPlace((known) => (known.width === seen.width && known.top === seen.top ? known : seen));
    };
    look();
    const observer = new ResizeObserver(look);
    observer.observe(element);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, []);
  return { ref, ...layoutFor(place.width || 360, layout), top: place.top };
}
