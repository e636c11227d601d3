import type { CallOutput, linksInternalApi } from '@ptsdly/contract';
import { resolve } from '../codes/resolve.ts';
import type { Ledger } from '../sharing/ledger.ts';
import { closedBecause } from '../sharing/link.ts';
import type { Cards } from './cards.ts';

type Preview = CallOutput<typeof linksInternalApi.preview>;

const states = {
  not_open_yet: 'not_open_yet',
  link_revoked: 'revoked',
  link_expired: 'expired',
  taken_down: 'taken_down',
} as const;

const neutral = (state: Preview['state']): Preview => ({ state, card: null, hasPoster: false });

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
    return { state: 'open', ...(await this.#cards.text(found.serverId, found.videoId)) };
  }

  /** The poster of an open link, or undefined. */
  async poster(segment: string): Promise<Buffer | undefined> {
    const found = await this.#shown(segment);
    return 'videoId' in found ? this.#cards.poster(found.serverId, found.videoId) : undefined;
  }

  async #shown(segment: string): Promise<Preview | { serverId: string; videoId: string }> {
    const record = (await resolve(this.#ledger.kv, segment))?.record;
    if (!record) return neutral('not_found');
    const closed = closedBecause(record, Date.now());
    if (closed) return neutral(states[closed as keyof typeof states]);
    const link = await this.#ledger.get(record[0]);
    if (!link) return neutral('not_found');
    if (link.password !== null) return neutral('protected');
    // A preview must not show for nothing what a view would count.
    if (link.maxViews !== null) return neutral('open');
    return link;
  }
}
