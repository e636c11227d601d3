import { type ReactNode, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Button } from '../ui/Button.tsx';
import { EmptyState } from '../ui/Notice.tsx';

/** Draws a page as soon as it can speak; where its words cannot be fetched it says that in both languages. */
export function showPage(speaking: Promise<void>, page: ReactNode): void {
  const root = createRoot(document.getElementById('root')!);
  speaking.then(
    () => root.render(<StrictMode>{page}</StrictMode>),
    () => {
      window.addEventListener('online', () => location.reload());
      root.render(<Wordless />);
    },
  );
}

/** The only words that come with the code. */
function Wordless() {
  return (
    <EmptyState
      isPage
      icon="alert"
      tone="bad"
      title="페이지를 다 불러오지 못했어요"
      text="연결을 확인하고 다시 시도해 주세요. This page did not load completely. Please check your connection and try again."
    >
      <Button icon="retry" onPress={() => location.reload()} data-testid="reload">
        다시 시도 · Try again
      </Button>
    </EmptyState>
  );
}
