import { DocumentPage } from './DocumentPage.tsx';
import { privacy } from './texts.ts';

export function Component() {
  return <DocumentPage kind="privacy" texts={privacy} />;
}
