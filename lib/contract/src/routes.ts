import type { Access, Method } from './endpoint.ts';
import type { Scope } from './scope.ts';

/**
 * Byte paths and pages that carry no JSON, so they have no schema; listed here so that the gateway's
 * route table and the OpenAPI page know them. `*` matches the rest of a path.
 */
export interface RawRoute {
  readonly methods: readonly (Method | 'HEAD' | 'OPTIONS')[];
  readonly path: string;
  readonly access: Access;
  /** As of an endpoint. */
  readonly scope?: Scope;
  /** Largest body in bytes, where it is not up to the service. */
  readonly maxBody?: number;
  readonly summary: string;
}

/** Relative to the URL of a media server. */
export const mediaRawRoutes: readonly RawRoute[] = [
  {
    methods: ['POST', 'OPTIONS'],
    path: '/uploads',
    access: 'user',
    scope: 'videos:write',
    summary:
      'Create an upload (tus 1.0). Upload-Metadata: filename, filetype, folderId, and replaces: the video whose file it is to become',
  },
  {
    methods: ['HEAD', 'PATCH', 'DELETE', 'OPTIONS'],
    path: '/uploads/:id',
    access: 'user',
    scope: 'videos:write',
    summary: 'Offset, next bytes or end of an upload (tus 1.0)',
  },
  {
    methods: ['PUT'],
    path: '/uploads/:id/poster',
    access: 'user',
    scope: 'videos:write',
    summary: 'A poster made by the browser (JPEG)',
  },
  {
    methods: ['PUT'],
    path: '/uploads/:id/moov',
    access: 'user',
    scope: 'videos:write',
    summary: 'The movie header (moov box) of a file that has it at its end, ahead of the file',
  },
  {
    methods: ['GET', 'HEAD'],
    path: '/videos/:id/original',
    access: 'user',
    scope: 'videos:read',
    summary: 'The uploaded bytes',
  },
  {
    methods: ['GET', 'HEAD'],
    path: '/videos/:id/renditions/:name',
    access: 'user',
    scope: 'videos:read',
    summary: 'A rendition (v720, …) with its sound as one MP4',
  },
  {
    methods: ['GET', 'HEAD'],
    path: '/videos/:id/poster',
    access: 'user',
    scope: 'videos:read',
    summary: 'The poster (JPEG)',
  },
  {
    methods: ['PUT', 'DELETE'],
    path: '/videos/:id/poster',
    access: 'user',
    scope: 'videos:write',
    summary: 'PUT chooses the poster by hand (JPEG), DELETE leaves the choice to the server again',
  },
  {
    methods: ['GET'],
    path: '/videos/:id/frame',
    access: 'user',
    scope: 'videos:read',
    summary:
      'The picture at a moment of the video, `?at=` in seconds: that of the last keyframe until there (JPEG)',
  },
  {
    methods: ['GET', 'HEAD'],
    path: '/videos/:id/storyboard/*',
    access: 'user',
    scope: 'videos:read',
    summary: 'Thumbnails along the video: list.vtt (WebVTT) and the sheets it names (JPEG)',
  },
  {
    methods: ['GET'],
    path: '/events',
    access: 'user',
    scope: 'videos:read',
    summary: 'What changes in the library, as it changes (server-sent events)',
  },
  {
    methods: ['POST'],
    path: '/videos/:id/subtitles',
    access: 'user',
    scope: 'videos:write',
    summary: 'Add subtitles: a file of SRT, VTT, ASS or SMI (?language=ko&label=…&name=…)',
  },
  {
    methods: ['GET', 'HEAD'],
    path: '/videos/:id/subtitles/:name',
    access: 'user',
    scope: 'videos:read',
    summary: 'Subtitles as WebVTT (<id>.vtt)',
  },
  {
    methods: ['GET', 'HEAD'],
    path: '/s/*',
    access: 'grant',
    summary:
      'Playlists, segments, plain MP4, poster, storyboard, subtitles, events and download of a play session',
  },
];

export const identityRawRoutes: readonly RawRoute[] = [
  {
    methods: ['GET'],
    path: '/api/auth/jwks',
    access: 'open',
    summary: 'The public keys of identity (RFC 7517)',
  },
  {
    methods: ['GET'],
    path: '/api/auth/callback/:provider',
    access: 'open',
    summary: 'Where a sign-in provider sends the browser back to',
  },
  {
    methods: ['POST'],
    path: '/api/auth/token',
    access: 'open',
    summary:
      'Token endpoint of OAuth 2.0, by form: device codes and refresh tokens (RFC 6749 §3.2, RFC 8628 §3.4). ' +
      '`/api/auth/device` and `/api/auth/token/revoke` take forms as well',
  },
  {
    methods: ['GET'],
    path: '/.well-known/oauth-authorization-server',
    access: 'open',
    summary: 'What a program needs to know to sign in by OAuth 2.0 (RFC 8414)',
  },
  {
    methods: ['POST'],
    path: '/api/auth/kakao/unlink',
    access: 'open',
    summary: 'The unlink webhook of Kakao, which shows its admin key',
  },
  {
    methods: ['GET'],
    path: '/api/me/picture',
    access: 'user',
    scope: 'account:read',
    summary: 'My picture (JPEG)',
  },
];

export const subscriptionsRawRoutes: readonly RawRoute[] = [
  {
    methods: ['GET'],
    path: '/api/servers/:id/events',
    access: 'user',
    scope: 'servers:read',
    summary: 'The states of a server as they change (server-sent events)',
  },
  {
    methods: ['POST'],
    path: '/api/payments/webhook',
    access: 'open',
    maxBody: 256 * 1024,
    summary: 'Events of the payment provider, signed by it',
  },
];

export const linksRawRoutes: readonly RawRoute[] = [
  {
    methods: ['GET', 'HEAD'],
    path: '/api/links/:code/qr.svg',
    access: 'open',
    summary: 'The address of a link as a QR code (SVG)',
  },
  {
    methods: ['GET', 'HEAD'],
    path: '/api/links/:code/qr.png',
    access: 'open',
    summary: 'The address of a link as a QR code (PNG); `?size=` in pixels, 64 to 2048',
  },
  {
    methods: ['GET'],
    path: '/api/links/export',
    access: 'user',
    scope: 'links:read',
    summary: 'My links as a file; `?format=csv` or `json`. Passwords are not in it',
  },
  {
    methods: ['GET'],
    path: '/api/links/stats/live',
    access: 'user',
    scope: 'links:read',
    summary: 'The statistics of `?videoId=` as they change (server-sent events: `stats`)',
  },
  {
    methods: ['GET'],
    path: '/api/links/:id/stats/live',
    access: 'user',
    scope: 'links:read',
    summary: 'The statistics of a link as they change (server-sent events: `stats`)',
  },
  {
    methods: ['GET'],
    path: '/api/links/:id/stats/export',
    access: 'user',
    scope: 'links:read',
    summary: 'The statistics of a link as a file, by hour; `?format=csv` or `json`, `?days=`',
  },
];

/** Words that can never be a short code or an alias: what stands at the root now, and what may one day. */
export const reservedWords: ReadonlySet<string> = new Set(
  `api app assets embed m watch healthz readyz metrics robots.txt favicon.ico favicon.svg .well-known
  about abuse account accounts ad admin administrator ads affiliate ai album albums alias all amp android announcement
  announcements answers apple apps archive article articles ask audio auth author authors avatar backup banner beta
  billing blog board boards book books bot bots browse business buy careers cart category cdn changelog channel channels
  chat checkout client cloud code codes collection collections comment comments community company compare config
  connect console contact contests cookie cookies copyright create css customer customers dashboard data db debug
  default delete demo deploy design dev developer developers dir discover dl dns docs documentation domain domains
  download downloads edit email enterprise error errors event events example explore export faq faqs favorite
  favorites features feed feedback feeds file files flag follow followers font fonts forgot form forum forums free
  friend friends gallery get gift global graphql group groups guest guide health help hls home host hosting html
  http https icon icons image images img import inbox index info install invite invites ios issue issues item items
  jobs js json jwks kakao keys landing lang language latest legal library license link links list lists live local
  login logo logout mail manage manifest map maps media member members message messages mobile monitor movie movies
  music my name new news newsletter notes notification notifications oauth oembed offer offers official oidc okta
  openapi operator order orders org page pages partner partners password pay payment payments photo photos plan
  plans play player playlist playlists policy popular portal post posts press preview price pricing privacy private
  product products profile profiles project projects promo public qr query random recent redirect register report
  reports reset root rss sale search secure security self send server servers service services session sessions
  settings setup share shop short shorten sign-in sign-out sign-up signin signout signup site sitemap sitemap.xml sites
  smtp source spam sql ssl staff start stat static statistics stats status store story stream streams style styles
  subscribe subscription subscriptions support survey system tag tags team teams terms test tests theme themes token
  tokens tools top topic topics tos trending trial upgrade upload uploads url user users v1 v2 v3 verify version video
  videos view views vip wallet web webhook webhooks welcome widget wiki www xml you`
    .split(/\s+/)
    .filter(Boolean),
);
