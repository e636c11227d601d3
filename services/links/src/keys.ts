/**
 * The layout of the store. Parts that come from outside are percent-encoded, so that none of them can hold a `/`
 * and reach into another's range. Ids of links are UUIDv7: their order is the order of creation.
 */
const part = encodeURIComponent;

export const keys = {
  /** What the redirect needs, and for ever the proof that a code was given out: `CodeRecord`. */
  code: (code: string) => `code/${code}`,
  /** `LinkRecord`. */
  link: (id: string) => `link/${part(id)}`,
  /** Index of an owner's live links; the value is the id. */
  owned: (ownerId: string, id = '') => `owned/${part(ownerId)}/${id}`,
  ownedOfVideo: (ownerId: string, videoId: string, id = '') =>
    `owned-video/${part(ownerId)}/${part(videoId)}/${id}`,
  /** Index of an owner's ended links, for erasing them. */
  ended: (ownerId: string, id = '') => `ended/${part(ownerId)}/${id}`,
  /** Index of the live links of a server, by video. */
  server: (serverId: string) => `video/${part(serverId)}/`,
  video: (serverId: string, videoId: string, id = '') => `video/${part(serverId)}/${part(videoId)}/${id}`,
  /** Totals of a link; they begin and end with it. */
  clicks: (id: string) => `clicks/${id}`,
  /** Clicks on their way to the totals: `[id, redirects, bots, id, …]`. Each process writes the log of one slot. */
  clickEntries: (slot: number) => `click-log/${slot}/`,
  clickEntry: (slot: number, seq: number) => `click-log/${slot}/${String(seq).padStart(16, '0')}`,
  /** The last entry of a slot's newest fold. */
  clickFold: (slot: number) => `click-fold/${slot}`,
  /** Whose a slot is, where several processes share the store. */
  clickWriters: 'click-writer/',
  clickWriter: (slot: number) => `click-writer/${String(slot).padStart(4, '0')}`,
  cards: (serverId: string) => `card/${part(serverId)}/`,
  card: (serverId: string, videoId: string) => `card/${part(serverId)}/${part(videoId)}`,
  posters: (serverId: string) => `poster/${part(serverId)}/`,
  poster: (serverId: string, videoId: string) => `poster/${part(serverId)}/${part(videoId)}`,
  /** Owners, servers and videos that were deleted: no link to them is made any more. */
  goneUser: (ownerId: string) => `gone/user/${part(ownerId)}`,
  goneServer: (serverId: string) => `gone/server/${part(serverId)}`,
  goneVideo: (serverId: string, videoId: string) => `gone/video/${part(serverId)}/${part(videoId)}`,
  grantKey: 'key/grant',
  viewerKey: 'key/viewer',
} as const;
