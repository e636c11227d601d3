import { type RefObject, useEffect, useRef } from 'react';
import { useLocation } from 'react-router';

/** What had the focus is often gone with the page before; then the next key begins at the new page, not at the header. */
export function useFocusOnPage(main: RefObject<HTMLElement | null>): void {
  const { pathname } = useLocation();
  const last = useRef(pathname);
  useEffect(() => {
    if (last.current === pathname) return;
    last.current = pathname;
    if (document.activeElement === document.body) main.current?.focus({ preventScroll: true });
  }, [pathname, main]);
}
