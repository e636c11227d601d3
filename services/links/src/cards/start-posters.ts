import type { Logger } from '@ptsdly/kit';
import type { Kv } from '@ptsdly/kv';
import { keys } from '../keys.ts';
import type { LinkRecord } from '../sharing/link.ts';
import type { Sharer } from '../sharing/sharer.ts';
import type { Videos } from '../sharing/videos.ts';
import { checkPoster } from './cards.ts';

/** Pictures that are asked for at the same time: a file of links may ask for hundreds. */
const AT_ONCE = 4;

/** The picture at the moment where a link begins, base64. */
interface StoredPoster {
  readonly at: number;
  readonly posterBase64: string;
}

/**
 * What a preview shows of a link that begins later in its video: the picture there, asked of the media server once, when
 * the link is made, imported or its beginning is moved, and the server is awake for that. Until it has come, and where the server
 * has none, the poster of the video stands there.
 */
export class StartPosters {
  readonly #kv: Kv;
  readonly #videos: Pick<Videos, 'frame'>;
  readonly #log: Logger;
  readonly #asking = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(kv: Kv, videos: Pick<Videos, 'frame'>, log: Logger) {
    this.#kv = kv;
    this.#videos = videos;
    this.#log = log;
  }

  /** Asks for the pictures in the background, in the name of the owner; for one once, whatever begins with it. */
  want(links: readonly LinkRecord[], caller: Sharer): void {
    const groups = Map.groupBy(links, ({ serverId, videoId, startAt }) =>
      JSON.stringify([serverId, videoId, startAt]),
    );
    for (const group of groups.values()) {
      const at = group[0]?.startAt;
      if (at) this.#begin(group, at, caller);
    }
  }

  async of({ id, startAt }: LinkRecord): Promise<Buffer | undefined> {
    if (!startAt) return undefined;
    const stored = await this.#kv.get<StoredPoster>(keys.startPoster(id));
    return stored?.at === startAt ? Buffer.from(stored.posterBase64, 'base64') : undefined;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#asking);
  }

  #begin(links: readonly LinkRecord[], at: number, caller: Sharer): void {
    const asking = this.#inTurn(() => this.#ask(links, at, caller)).catch((err: unknown) => {
      this.#log.info({ err }, 'a link shows the poster of its video: its own picture did not come');
    });
    this.#asking.add(asking);
    void asking.then(() => this.#asking.delete(asking));
  }

  async #inTurn(work: () => Promise<void>): Promise<void> {
    if (this.#running >= AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      this.#stop.signal.throwIfAborted();
      await work();
    } finally {
      const next = this.#waiting.shift(); // who is next takes our place
      if (next) next();
      else this.#running--;
    }
  }

  async #ask(links: readonly LinkRecord[], at: number, caller: Sharer): Promise<void> {
    const [{ serverId, videoId }] = links as [LinkRecord];
    const jpeg = await this.#videos.frame({ serverId, videoId, at }, caller, this.#stop.signal);
    const posterBase64 = jpeg.toString('base64');
    checkPoster(posterBase64);
    await this.#kv.transaction(async (tx) => {
      for (const { id } of links) {
        const link = await tx.get<LinkRecord>(keys.link(id));
        if (link?.end !== null) continue; // it has ended meanwhile
        tx.put(keys.startPoster(id), { at, posterBase64 } satisfies StoredPoster);
      }
    });
  }
}
