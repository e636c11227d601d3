import type { ServerEvent } from '@ptsdly/contract';
import type { SseEvent } from '@ptsdly/kit';

type Listener = (event: ServerEvent | undefined) => void;

/** Tells the open event streams of a server what has changed, after it is committed. */
export class Changes {
  readonly #listeners = new Map<string, Set<Listener>>();

  emit(event: ServerEvent): void {
    for (const listener of this.#listeners.get(event.server.id) ?? []) listener(event);
  }

  /** Resolves at the next change of a server, or after `ms`. */
  next(serverId: string, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const listeners = this.#listeners.get(serverId) ?? new Set();
      const done = () => {
        clearTimeout(late);
        listeners.delete(done);
        if (listeners.size === 0) this.#listeners.delete(serverId);
        resolve();
      };
      const late = setTimeout(done, ms);
      this.#listeners.set(serverId, listeners.add(done));
    });
  }

  /** Ends every stream, so that the service can close. */
  close(): void {
    for (const listeners of this.#listeners.values()) for (const listener of listeners) listener(undefined);
  }

  /**
   * What `current` answers, then every change until the reader ends it, the server is purged or the hub closes.
   * It listens before it reads the current state, so nothing falls between the two.
   */
  stream(serverId: string, current: () => Promise<ServerEvent>): AsyncIterable<SseEvent> {
    const queue = new EventQueue();
    const listener: Listener = (event) => (event ? queue.push(event) : queue.end());
    const listeners = this.#listeners.get(serverId) ?? new Set();
    this.#listeners.set(serverId, listeners.add(listener));
    queue.onEnd = () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(serverId);
    };
    current().then(
      (event) => queue.open(event),
      () => queue.end(),
    );
    return { [Symbol.asyncIterator]: () => queue };
  }
}

/** An iterator whose `return` also ends a `next` that waits, which an async generator cannot do. */
class EventQueue implements AsyncIterator<SseEvent> {
  onEnd: () => void = () => undefined;
  readonly #events: ServerEvent[] = [];
  #opened = false;
  #ended = false;
  #wake: () => void = () => undefined;

  /** The first event; what was pushed before it follows it. */
  open(event: ServerEvent): void {
    this.#events.unshift(event);
    this.#opened = true;
    this.#wake();
  }

  push(event: ServerEvent): void {
    this.#events.push(event);
    this.#wake();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.onEnd();
    this.#wake();
  }

  async next(): Promise<IteratorResult<SseEvent, undefined>> {
    while (!this.#ended && (!this.#opened || this.#events.length === 0)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const event = this.#opened ? this.#events.shift() : undefined;
    if (!event) return { done: true, value: undefined };
    if (event.state === 'purged') this.end();
    return { done: false, value: { event: 'server', data: event } };
  }

  async return(): Promise<IteratorResult<SseEvent, undefined>> {
    this.#events.length = 0;
    this.end();
    return { done: true, value: undefined };
  }
}
