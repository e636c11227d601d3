/** What the players of a video are told while they play: the name of the event, and its data. */
export interface SessionEvent {
  readonly event: string;
  readonly data: unknown;
}

type Listener = (event: SessionEvent) => void;

/** Brings what happens to a video to those who play it. */
export class SessionNews {
  readonly #listeners = new Map<string, Set<Listener>>();

  publish(videoId: string, event: string, data: unknown = {}): void {
    for (const listener of this.#listeners.get(videoId) ?? []) listener({ event, data });
  }

  /** Returns what ends it. */
  listen(videoId: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(videoId) ?? new Set();
    this.#listeners.set(videoId, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(videoId);
    };
  }
}
