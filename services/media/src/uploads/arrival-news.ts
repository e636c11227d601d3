/** What happens to a video while somebody watches it arrive. */
export type ArrivalNews =
  /** More can be played: up to so many seconds. */
  | { readonly event: 'grown'; readonly playableUntil: number }
  /** All of it is there. `continues`: a session that began while it arrived goes on; else it has to begin anew. */
  | { readonly event: 'complete'; readonly continues: boolean };

type Listener = (news: ArrivalNews) => void;

/** A video is told of at most this often, while its bytes come many times a second. */
const INTERVAL_MS = 1000;

interface Audience {
  readonly listeners: Set<Listener>;
  /** What was told last, in seconds. */
  told: number;
  timer: NodeJS.Timeout | undefined;
}

/** Tells those who watch a video what has become of it. */
export class ArrivalAudiences {
  readonly #audiences = new Map<string, Audience>();
  readonly #playableUntil: (id: string) => number | null;

  constructor(playableUntil: (id: string) => number | null) {
    this.#playableUntil = playableUntil;
  }

  /** Returns how to stop. */
  watch(id: string, listener: Listener): () => void {
    const audience = this.#audiences.get(id) ?? { listeners: new Set(), told: 0, timer: undefined };
    this.#audiences.set(id, audience);
    audience.listeners.add(listener);
    this.grown(id);
    return () => {
      audience.listeners.delete(listener);
      if (audience.listeners.size === 0) this.#dismiss(id, audience);
    };
  }

  /** More of a video may have become playable. */
  grown(id: string): void {
    const audience = this.#audiences.get(id);
    if (!audience || audience.timer) return;
    audience.timer = setTimeout(() => {
      audience.timer = undefined;
      const playableUntil = this.#playableUntil(id) ?? 0;
      if (playableUntil <= audience.told) return;
      audience.told = playableUntil;
      for (const listener of audience.listeners) listener({ event: 'grown', playableUntil });
    }, INTERVAL_MS).unref();
  }

  complete(id: string, continues: boolean): void {
    const audience = this.#audiences.get(id);
    if (!audience) return;
    for (const listener of audience.listeners) listener({ event: 'complete', continues });
    this.#dismiss(id, audience);
  }

  #dismiss(id: string, audience: Audience): void {
    clearTimeout(audience.timer);
    if (this.#audiences.get(id) === audience) this.#audiences.delete(id);
  }
}
