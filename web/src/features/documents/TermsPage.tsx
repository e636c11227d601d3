import { DocumentPage } from './DocumentPage.tsx';
import { terms } from './texts.ts';

export function Component() {
  return <DocumentPage kind="terms" texts={terms} />;
}
