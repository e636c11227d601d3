/** What another tab is sending. */
export interface ElsewhereItem {
  readonly id: string;
  readonly fileName: string;
  readonly size: number;
  readonly sent: number;
}

const channelName = 'ptsdly.uploads';
const lockOf = (id: string) => `ptsdly.upload|${id}`;
/** A tab that has said nothing for so long is gone. */
const silence = 5000;
const sayEvery = 1000;

interface Message {
  readonly tab: string;
  readonly items: readonly ElsewhereItem[];
}

/**
 * Tabs of one browser know of each other's uploads: the one that sends a file holds a lock by its name (Web Locks),
 * which ends with the tab however it ends; what it sends, it tells the others.
 */
export class Tabs {
  readonly #tab = crypto.randomUUID?.() ?? String(Math.random());
  readonly #channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel(channelName) : null;
  readonly #others = new Map<string, { items: readonly ElsewhereItem[]; at: number }>();
  readonly #held = new Map<string, () => void>();

  /** `mine` tells what this tab sends; `onChange` hears what others send. */
  constructor(mine: () => readonly ElsewhereItem[], onChange: (items: readonly ElsewhereItem[]) => void) {
    const channel = this.#channel;
    if (!channel) return;
    const tell = () => onChange([...this.#others.values()].flatMap(({ items }) => items));
    channel.addEventListener('message', ({ data }: MessageEvent<Message>) => {
      if (data.items.length > 0) this.#others.set(data.tab, { items: data.items, at: performance.now() });
      else this.#others.delete(data.tab);
      tell();
    });
    let wasBusy = false;
    setInterval(() => {
      const items = mine();
      if (items.length > 0 || wasBusy) channel.postMessage({ tab: this.#tab, items } satisfies Message);
      wasBusy = items.length > 0;
      const before = this.#others.size;
      for (const [tab, { at }] of this.#others) {
        if (performance.now() - at > silence) this.#others.delete(tab);
      }
      if (this.#others.size < before) tell();
    }, sayEvery);
    globalThis.addEventListener('pagehide', () => {
      channel.postMessage({ tab: this.#tab, items: [] } satisfies Message);
    });
  }

  /** True when this tab alone may send a file now; `letGo` ends that. */
  hold(id: string): Promise<boolean> {
    if (this.#held.has(id) || !navigator.locks) return Promise.resolve(true);
    return new Promise((resolve) => {
      void navigator.locks.request(lockOf(id), { ifAvailable: true }, async (lock) => {
        resolve(lock !== null);
        if (lock) await new Promise<void>((free) => this.#held.set(id, free));
      });
    });
  }

  letGo(id: string): void {
    this.#held.get(id)?.();
    this.#held.delete(id);
  }

  /** Another tab sends it now. */
  async isElsewhere(id: string): Promise<boolean> {
    if (this.#held.has(id) || !navigator.locks) return false;
    const { held = [] } = await navigator.locks.query();
    return held.some(({ name }) => name === lockOf(id));
  }
}
