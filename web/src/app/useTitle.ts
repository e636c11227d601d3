import { useEffect } from 'react';

/** The tab's title; also what a screen reader says when the page has changed. */
export function useTitle(title: string | undefined): void {
  useEffect(() => {
    document.title = title ? `${title} · PTSD.ly` : 'PTSD.ly';
  }, [title]);
}
