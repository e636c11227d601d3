/** Something in the library looks different now. */
export type LibraryChange =
  | { readonly type: 'video'; readonly id: string }
  | { readonly type: 'video.deleted'; readonly id: string };

type Listener = (change: LibraryChange) => void;

/** Tells whoever listens in this process what has changed, after it is committed. */
export class Changes {
  readonly #listeners = new Set<Listener>();

  publish(change: LibraryChange): void {
    for (const listener of this.#listeners) listener(change);
  }

  /** Returns what ends it. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
