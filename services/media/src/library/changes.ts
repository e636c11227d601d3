import type { Touched } from './journal.ts';

/** Something in the library looks different now. */
export type LibraryChange =
  | { readonly type: 'video'; readonly id: string }
  | { readonly type: 'video.deleted'; readonly id: string }
  /** Folders, or many videos at once. */
  | { readonly type: 'library' };

/** Of a video that grows nobody is told more often than this. */
const GROWTH_MS = 1000;
/** More videos than this are not told one by one. */
const MANY = 20;

type Listener = (change: LibraryChange) => void;

/** Tells whoever listens in this process what has changed, after it is committed. */
export class Changes {
  readonly #listeners = new Set<Listener>();
  readonly #growing = new Set<string>();

  publish(change: LibraryChange): void {
    for (const listener of this.#listeners) listener(change);
  }

  /** More of a video has come. */
  grown(id: string): void {
    if (this.#listeners.size === 0 || this.#growing.has(id)) return;
    this.#growing.add(id);
    setTimeout(() => {
      this.#growing.delete(id);
      this.publish({ type: 'video', id });
    }, GROWTH_MS).unref();
  }

  /** What one transaction has changed. */
  publishAll({ videos = [], removed = [], folders = false }: Touched): void {
    const many = videos.length + removed.length > MANY;
    if (folders || many) this.publish({ type: 'library' });
    if (many) return;
    for (const id of videos) this.publish({ type: 'video', id });
    for (const id of removed) this.publish({ type: 'video.deleted', id });
  }

  /** Returns what ends it. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
