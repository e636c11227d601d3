import type { Feed } from '@ptsdly/kit';
import type { Cards } from './cards/cards.ts';
import type { Previews } from './cards/preview.ts';
import type { StartPosters } from './cards/start-posters.ts';
import type { Moderation } from './moderation/moderation.ts';
import type { Grants } from './opening/grant.ts';
import type { Opening } from './opening/opening.ts';
import type { Viewers } from './opening/viewer.ts';
import type { Links } from './sharing/links.ts';
import type { Sharing } from './sharing/sharing.ts';
import type { Plays } from './statistics/plays.ts';
import type { Report } from './statistics/report.ts';
import type { Courier } from './webhooks/courier.ts';
import type { Webhooks } from './webhooks/webhooks.ts';

/** What the HTTP surface calls. */
export interface Parts {
  readonly baseUrl: string;
  readonly links: Links;
  readonly sharing: Sharing;
  readonly opening: Opening;
  readonly viewers: Viewers;
  readonly grants: Grants;
  readonly plays: Plays;
  readonly report: Report;
  readonly cards: Cards;
  readonly previews: Previews;
  readonly startPosters: StartPosters;
  readonly feed: Feed;
  readonly moderation: Moderation;
  readonly webhooks: Webhooks;
  readonly courier: Courier;
  /** Copies the whole store into a new folder of this machine. */
  readonly backUp: (folder: string) => Promise<void>;
}
