import type { Logger } from '@ptsdly/kit';
import type { Kv } from '@ptsdly/kv';
import { keys } from '../keys.ts';
import type { LinkRecord } from '../sharing/link.ts';
import type { Videos } from '../sharing/videos.ts';
import { checkPoster } from './cards.ts';

/** Pictures that are asked for at the same time: a file of links may ask for hundreds. */
const AT_ONCE = 4;
/** A picture that did not come is asked for again by a preview, so often at most. */
const AGAIN_MS = 10 * 60_000;
/** Links whose last asking is remembered. */
const REMEMBERED = 10_000;

/** The picture at the moment where a link begins, base64. */
interface StoredPoster {
  readonly at: number;
  readonly posterBase64: string;
}

/**
 * What a preview shows of a link that begins later in its video: the picture there, asked of the media server when
 * the link is made, imported or its beginning is moved, and the server is awake for that. Until it has come, and where the server
 * has none, the poster of the video stands there; a preview then asks again, but never wakes the server.
 */
export class StartPosters {
  readonly #kv: Kv;
  readonly #videos: Pick<Videos, 'frame'>;
  readonly #log: Logger;
  readonly #asking = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  readonly #waiting: (() => void)[] = [];
  /** When a link's picture was last asked for, milliseconds since 1970. */
  readonly #askedAt = new Map<string, number>();
  #running = 0;

  constructor(kv: Kv, videos: Pick<Videos, 'frame'>, log: Logger) {
    this.#kv = kv;
    this.#videos = videos;
    this.#log = log;
  }

  /** Asks for the pictures in the background; for one once, whatever begins with it. */
  want(links: readonly LinkRecord[]): void {
    const groups = Map.groupBy(links, ({ serverId, videoId, startAt }) =>
      JSON.stringify([serverId, videoId, startAt]),
    );
    for (const group of groups.values()) {
      const at = group[0]?.startAt;
      if (at) this.#begin(group, at);
    }
  }

  async of(link: LinkRecord): Promise<Buffer | undefined> {
    const { id, startAt } = link;
    if (!startAt) return undefined;
    const stored = await this.#kv.get<StoredPoster>(keys.startPoster(id));
    if (stored?.at === startAt) return Buffer.from(stored.posterBase64, 'base64');
    if (Date.now() - (this.#askedAt.get(id) ?? 0) >= AGAIN_MS) this.want([link]);
    return undefined;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#asking);
  }

  #begin(links: readonly LinkRecord[], at: number): void {
    for (const { id } of links) this.#remember(id);
    const asking = this.#inTurn(() => this.#ask(links, at)).catch((err: unknown) => {
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

  #remember(linkId: string): void {
    this.#askedAt.delete(linkId); // so that the oldest stands first
    this.#askedAt.set(linkId, Date.now());
    if (this.#askedAt.size > REMEMBERED) this.#askedAt.delete(this.#askedAt.keys().next().value as string);
  }

  async #ask(links: readonly LinkRecord[], at: number): Promise<void> {
    const [{ serverId, videoId }] = links as [LinkRecord];
    const jpeg = await this.#videos.frame({ serverId, videoId, at }, this.#stop.signal);
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
