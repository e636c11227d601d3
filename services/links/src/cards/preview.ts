import type { CallOutput, linksInternalApi } from '@ptsdly/contract';
import { resolve } from '../codes/resolve.ts';
import type { Ledger } from '../sharing/ledger.ts';
import { closedBecause, type LinkRecord } from '../sharing/link.ts';
import { type Cards, isTrashed } from './cards.ts';
import { jpegSize } from './jpeg-size.ts';
import type { StartPosters } from './start-posters.ts';

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
  readonly #startPosters: StartPosters;

  constructor(ledger: Ledger, cards: Cards, startPosters: StartPosters) {
    this.#ledger = ledger;
    this.#cards = cards;
    this.#startPosters = startPosters;
  }

  async of(segment: string): Promise<Preview> {
    const found = await this.#shown(segment);
    if (!('videoId' in found)) return found;
    const { embedOrigins } = neutral('open', found.embedOrigins);
    const shown = await this.#cards.text(found.serverId, found.videoId);
    const own = await this.#startPosters.of(found);
    const poster = own ? jpegSize(own) : shown.poster;
    return { state: 'open', embedOrigins, ...shown, hasPoster: shown.hasPoster || own !== undefined, poster };
  }

  /** The poster of an open link, or undefined. */
  async poster(segment: string): Promise<Buffer | undefined> {
    const found = await this.#shown(segment);
    if (!('videoId' in found)) return undefined;
    return (await this.#startPosters.of(found)) ?? this.#cards.poster(found.serverId, found.videoId);
  }

  async #shown(segment: string): Promise<Preview | LinkRecord> {
    const record = (await resolve(this.#ledger.kv, segment))?.record;
    if (!record) return neutral('not_found', []);
    const closed = closedBecause(record, Date.now());
    const link = await this.#ledger.get(record[0]);
    if (closed) return neutral(states[closed as keyof typeof states], link?.embedOrigins);
    if (!link) return neutral('not_found');
    if (link.password !== null) return neutral('protected', link.embedOrigins);
    if (await isTrashed(this.#ledger.kv, link)) return neutral('open', link.embedOrigins);
    // A preview must not show for nothing what a view would count.
    if (link.maxViews !== null) return neutral('open', link.embedOrigins);
    return link;
  }
}
