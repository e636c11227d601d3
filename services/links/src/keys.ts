/**
 * The layout of the store. Parts that come from outside are percent-encoded, so that none of them can hold a `/`
 * and reach into another's range. Ids of links are UUIDv7: their order is the order of creation.
 */
const part = encodeURIComponent;
/** Milliseconds since 1970, so that the order of the keys is the order of time. */
const time = (ms: number) => String(ms).padStart(16, '0');

export const keys = {
  /** What the redirect needs, and for ever the proof that a code was given out: `CodeRecord`. */
  code: (code: string) => `code/${code}`,
  /** By the look of an alias, and for ever like a code: `AliasRecord`. */
  alias: (look: string) => `alias/${look}`,
  /** `LinkRecord`. */
  link: (id: string) => `link/${part(id)}`,
  /** Index of an owner's live links; the value is the id. */
  owned: (ownerId: string, id = '') => `owned/${part(ownerId)}/${id}`,
  ownedOfVideo: (ownerId: string, videoId: string, id = '') =>
    `owned-video/${part(ownerId)}/${part(videoId)}/${id}`,
  /** Index of an owner's ended links, for erasing them. */
  ended: (ownerId: string, id = '') => `ended/${part(ownerId)}/${id}`,
  endedOfVideo: (ownerId: string, videoId: string, id = '') =>
    `ended-video/${part(ownerId)}/${part(videoId)}/${id}`,
  /** When links end by themselves, in the order of time; one that was changed since is passed over. */
  expiries: 'expiry/',
  expiry: (at: number, id: string) => `expiry/${time(at)}/${id}`,
  /** Index of the live links of a server, by video. */
  server: (serverId: string) => `video/${part(serverId)}/`,
  video: (serverId: string, videoId: string, id = '') => `video/${part(serverId)}/${part(videoId)}/${id}`,
  /** How many cards a server has. */
  cardCount: (serverId: string) => `card-count/${part(serverId)}`,
  /** Totals of links, many to a page, by the first id that a page may hold: `ClickPage`. */
  clickPages: 'click-page/',
  clickPage: (id: string) => `click-page/${id}`,
  /** Totals of a link as they were kept before the pages: `[redirects, bots, through…]`. */
  formerClicks: 'clicks/',
  formerClick: (id: string) => `clicks/${id}`,
  /** Clicks on their way to the totals: `[id, redirects, bots, id, …]`. Each process writes the log of one slot. */
  clickLogs: 'click-log/',
  clickEntries: (slot: number) => `click-log/${slot}/`,
  clickEntry: (slot: number, seq: number) => `click-log/${slot}/${String(seq).padStart(16, '0')}`,
  /** The last entry of a slot's newest fold. */
  clickFold: (slot: number) => `click-fold/${slot}`,
  /** Whose a slot is, where several processes share the store. */
  clickWriters: 'click-writer/',
  clickWriter: (slot: number) => `click-writer/${String(slot).padStart(4, '0')}`,
  /** Reports that wait, by link; and how many came of a link. */
  reports: (linkId = '') => (linkId === '' ? 'report/' : `report/${linkId}/`),
  report: (linkId: string, id: string) => `report/${linkId}/${id}`,
  reported: (linkId: string) => `reported/${linkId}`,
  /** What operators have done: `AuditEntry`, in the order of time. */
  audit: (id = '') => `audit/${id}`,
  /** Views of a link on one day; `referrers`: clicks by host. */
  stat: (linkId: string, day = '') => `stat/${linkId}/${day}`,
  referrers: (linkId: string) => `referrer/${linkId}`,
  /** Marks of the viewers of this day, and the key that they were made with. */
  seen: (day = '', linkId = '', mark = '') =>
    day === '' ? 'seen/' : `seen/${day}/${linkId ? `${linkId}/${mark}` : ''}`,
  /** Which parts of the video a play of this day has shown: a bit each, under a random number. */
  play: (day = '', linkId = '', playId = '') =>
    day === '' ? 'play/' : `play/${day}/${linkId ? `${linkId}/${playId}` : ''}`,
  dayKey: 'key/day',
  /** Attempts of a limiter: `[tokens, at]`, under a keyed hash of who tries what. */
  attempts: (limiter: string) => `attempt/${limiter}/`,
  attempt: (limiter: string, mark: string) => `attempt/${limiter}/${mark}`,
  /** An owner's webhooks in one value, since each opening reads it: `WebhookRecord[]`. */
  webhooks: (ownerId: string) => `webhook/${part(ownerId)}`,
  /** What was and will be sent to a webhook, by id (UUIDv7): `DeliveryRecord`. */
  deliveries: (webhookId: string) => `delivery/${part(webhookId)}/`,
  delivery: (webhookId: string, id: string) => `delivery/${part(webhookId)}/${part(id)}`,
  /** Deliveries that wait for their time: `[ownerId, webhookId, id]`. */
  dueDeliveries: 'delivery-due/',
  dueDelivery: (at: number, id: string) => `delivery-due/${time(at)}/${id}`,
  cards: (serverId: string) => `card/${part(serverId)}/`,
  card: (serverId: string, videoId: string) => `card/${part(serverId)}/${part(videoId)}`,
  posters: (serverId: string) => `poster/${part(serverId)}/`,
  /** The picture where a link begins, when that is not the beginning of its video. */
  startPoster: (linkId: string) => `start-poster/${part(linkId)}`,
  poster: (serverId: string, videoId: string) => `poster/${part(serverId)}/${part(videoId)}`,
  /** Owners, servers and videos that were deleted: no link to them is made any more. */
  goneUser: (ownerId: string) => `gone/user/${part(ownerId)}`,
  goneServer: (serverId: string) => `gone/server/${part(serverId)}`,
  goneVideo: (serverId: string, videoId: string) => `gone/video/${part(serverId)}/${part(videoId)}`,
  grantKey: 'key/grant',
  viewerKey: 'key/viewer',
  playKey: 'key/play',
} as const;
