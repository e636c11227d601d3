import { type Card, Problem } from '@ptsdly/contract';
import type { Kv, Tx } from '@ptsdly/kv';
import { keys } from '../keys.ts';
import { invalid } from '../sharing/link.ts';
import { jpegSize } from './jpeg-size.ts';

/** Start of image and the next marker (ITU-T T.81 §B.1.1.3). */
const JPEG_MAGIC = Buffer.from([0xff, 0xd8, 0xff]);
const MAX_POSTER_BYTES = 400_000;
const MAX_CARDS = 20_000;

/** What a preview shows in words; the poster lies apart, so that reading this stays cheap. */
export type CardText = Omit<Card, 'posterBase64' | 'trashed'>;

interface StoredCard extends CardText {
  readonly hasPoster: boolean;
  readonly poster?: Size | null;
  readonly trashed?: boolean;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

interface ShownCard {
  readonly card: CardText | null;
  readonly hasPoster: boolean;
  /** Pixels, where they could be read. */
  readonly poster: Size | null;
}

/** Snapshots of shared videos, so that a preview never wakes a media server. One a video, not a link. */
export class Cards {
  readonly #kv: Kv;
  readonly #most: number;

  /** `most`: cards of a server at a time, whatever its own process sends. */
  constructor(kv: Kv, most = MAX_CARDS) {
    this.#kv = kv;
    this.#most = most;
  }

  /** Keeps a card. Rejects with `invalid_fields` when the poster is no JPEG or too large, and with `limit_reached`. */
  async put(
    serverId: string,
    videoId: string,
    { posterBase64, trashed = false, ...text }: Card,
  ): Promise<void> {
    const poster = posterBase64 === null ? null : checkPoster(posterBase64);
    await this.#kv.transaction(async (tx) => {
      if (await isGone(tx, serverId, videoId)) return;
      if ((await tx.get(keys.card(serverId, videoId))) === undefined)
        await count(tx, serverId, 1, this.#most);
      tx.put(keys.card(serverId, videoId), {
        ...text,
        hasPoster: posterBase64 !== null,
        poster,
        trashed,
      } satisfies StoredCard);
      if (posterBase64 === null) tx.remove(keys.poster(serverId, videoId));
      else tx.put(keys.poster(serverId, videoId), posterBase64);
    });
  }

  /** A first card, where media has sent none yet. */
  async begin(serverId: string, videoId: string, text: CardText): Promise<void> {
    await this.#kv.transaction(async (tx) => {
      const key = keys.card(serverId, videoId);
      if ((await tx.get(key)) !== undefined || (await isGone(tx, serverId, videoId))) return;
      await count(tx, serverId, 1, this.#most);
      tx.put(key, { ...text, hasPoster: false } satisfies StoredCard);
    });
  }

  async text(serverId: string, videoId: string): Promise<ShownCard> {
    const stored = await this.#kv.get<StoredCard>(keys.card(serverId, videoId));
    if (!stored) return { card: null, hasPoster: false, poster: null };
    const { hasPoster, poster = null, trashed: _, ...card } = stored;
    return { card, hasPoster, poster };
  }

  async poster(serverId: string, videoId: string): Promise<Buffer | undefined> {
    const base64 = await this.#kv.get<string>(keys.poster(serverId, videoId));
    return base64 === undefined ? undefined : Buffer.from(base64, 'base64');
  }

  async drop(serverId: string, videoId: string): Promise<void> {
    await this.#kv.transaction(async (tx) => {
      if ((await tx.get(keys.card(serverId, videoId))) !== undefined)
        await count(tx, serverId, -1, this.#most);
      tx.remove(keys.card(serverId, videoId));
      tx.remove(keys.poster(serverId, videoId));
    });
  }

  async dropServer(serverId: string): Promise<void> {
    for (const prefix of [keys.cards(serverId), keys.posters(serverId)]) {
      for (;;) {
        const entries = await this.#kv.scan({ prefix, limit: 50 });
        if (entries.length === 0) break;
        await Promise.all(entries.map(({ key }) => this.#kv.remove(key)));
      }
    }
    await this.#kv.remove(keys.cardCount(serverId));
  }
}

/** A server's cards, one more or less. Throws `limit_reached`: more than any library has is no library. */
async function count(tx: Tx, serverId: string, step: 1 | -1, most: number): Promise<void> {
  const key = keys.cardCount(serverId);
  const before = (await tx.get<number>(key)) ?? 0;
  if (step > 0 && before >= most) throw new Problem('limit_reached');
  const after = before + step;
  if (after > 0) tx.put(key, after);
  else tx.remove(key);
}

/** Whether a video lies in its owner's trash, as far as its server has told. */
export async function isTrashed(
  store: Pick<Tx, 'get'>,
  { serverId, videoId }: { readonly serverId: string; readonly videoId: string },
): Promise<boolean> {
  return (await store.get<StoredCard>(keys.card(serverId, videoId)))?.trashed === true;
}

async function isGone(tx: Tx, serverId: string, videoId: string): Promise<boolean> {
  const marks = [keys.goneServer(serverId), keys.goneVideo(serverId, videoId)];
  const found = await Promise.all(marks.map((mark) => tx.get(mark)));
  return found.some((mark) => mark !== undefined);
}

/** The size of a poster. Throws `invalid_fields`. */
export function checkPoster(base64: string): Size | null {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length > MAX_POSTER_BYTES) throw invalid('posterBase64', `larger than ${MAX_POSTER_BYTES} bytes`);
  if (!bytes.subarray(0, JPEG_MAGIC.length).equals(JPEG_MAGIC)) throw invalid('posterBase64', 'not a JPEG');
  return jpegSize(bytes);
}
