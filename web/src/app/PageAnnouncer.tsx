import { useEffect, useState } from 'react';
import { VisuallyHidden } from 'react-aria-components';

/** Says the title of a page to a screen reader when another page has come, which a browser does only for documents. */
export function PageAnnouncer() {
  const [title, setTitle] = useState('');
  useEffect(() => {
    const element = document.querySelector('title');
    if (!element) return;
    const observer = new MutationObserver(() => setTitle(document.title.replace(/( · )?PTSD\.ly$/, '')));
    observer.observe(element, { childList: true, characterData: true, subtree: true });
    return () => observer.disconnect();
  }, []);
  return (
    <VisuallyHidden>
      <p role="status" data-testid="page-announcer">
        {title}
      </p>
    </VisuallyHidden>
  );
}
