import type { CallOutput, linksInternalApi } from '@ptsdly/contract';
import { resolve } from '../codes/resolve.ts';
import type { Ledger } from '../sharing/ledger.ts';
import { closedBecause, type LinkRecord } from '../sharing/link.ts';
import type { Cards } from './cards.ts';

type Preview = CallOutput<typeof linksInternalApi.preview>;
type EmbedOrigins = LinkRecord['embedOrigins'];

const states = {
  not_open_yet: 'not_open_yet',
  link_revoked: 'revoked',
  link_expired: 'expired',
  taken_down: 'taken_down',
} as const;

const neutral = (state: Preview['state'], embedOrigins: EmbedOrigins | undefined = null): Preview => ({
  state,
  card: null,
  hasPoster: false,
  poster: null,
  embedOrigins: embedOrigins ? [...embedOrigins] : null,
});

/** What previews of a link may show: everything of an open one, nothing of any other. */
export class Previews {
  readonly #ledger: Ledger;
  readonly #cards: Cards;

  constructor(ledger: Ledger, cards: Cards) {
    this.#ledger = ledger;
    this.#cards = cards;
  }

  async of(segment: string): Promise<Preview> {
    const found = await this.#shown(segment);
    if (!('videoId' in found)) return found;
    const { embedOrigins } = neutral('open', found.embedOrigins);
    return { state: 'open', embedOrigins, ...(await this.#cards.text(found.serverId, found.videoId)) };
  }

  /** The poster of an open link, or undefined. */
  async poster(segment: string): Promise<Buffer | undefined> {
    const found = await this.#shown(segment);
    return 'videoId' in found ? this.#cards.poster(found.serverId, found.videoId) : undefined;
  }

  async #shown(segment: string): Promise<Preview | LinkRecord> {
    const record = (await resolve(this.#ledger.kv, segment))?.record;
    if (!record) return neutral('not_found', []);
    const closed = closedBecause(record, Date.now());
    const link = await this.#ledger.get(record[0]);
    if (closed) return neutral(states[closed as keyof typeof states], link?.embedOrigins);
    if (!link) return neutral('not_found');
    if (link.password !== null) return neutral('protected', link.embedOrigins);
    // A preview must not show for nothing what a view would count.
    if (link.maxViews !== null) return neutral('open', link.embedOrigins);
    return link;
  }
}
