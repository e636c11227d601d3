import type { CallOutput, linksInternalApi } from '@ptsdly/contract';
import { html } from 'hono/html';
import { playerSize } from './oembed.ts';

type Preview = CallOutput<typeof linksInternalApi.preview>;

export interface PageSources {
  readonly embedOrigins?: readonly string[] | null;
  /** Address of the payment window's script, where it is another than PortOne's own. */
  readonly payScript?: string | undefined;
}

/**
 * Everything comes from our own origin; only the embedded player may stand in another site's frame, and its link may
 * say in whose: null is any, an empty list none (CSP 3 §6.4.2).
 */
export function pageHeaders(
  page: 'app' | 'pay' | 'watch' | 'embed',
  { embedOrigins = null, payScript }: PageSources = {},
): Record<string, string> {
  const policy = [
    "default-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' blob: data:",
    "media-src 'self' blob:",
    "worker-src 'self' blob:",
    "object-src 'none'",
    ...(page === 'pay' ? payWindow(payScript) : []),
    "base-uri 'none'",
    `form-action 'self'${page === 'pay' ? ' https:' : ''}`,
    `frame-ancestors ${page === 'embed' ? ancestors(embedOrigins) : "'none'"}`,
  ];
  return {
    'content-security-policy': policy.join('; '),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-cache',
    ...(page === 'app' || page === 'pay' ? {} : { 'x-robots-tag': 'noindex' }),
  };
}

/**
 * The window of PortOne runs in a page of its own, the only one that loads anything from elsewhere; it brings the
 * window of whichever payment company it is.
 */
function payWindow(script: string | undefined): string[] {
  const its = script === undefined ? 'https://cdn.portone.io' : new URL(script).origin;
  return [
    `script-src 'self' ${its} https://*.portone.io https://*.iamport.co`,
    "connect-src 'self' https://*.portone.io https://*.iamport.co",
    'frame-src https:',
  ];
}

const ancestors = (origins: readonly string[] | null) => {
  if (origins === null) return '*';
  return origins.length === 0 ? "'none'" : origins.join(' ');
};

/**
 * Title and preview tags of a watch page (ogp.me; Twitter card markup; oEmbed 1.0 §4). A protected, ended or unknown link has
 * a neutral card that says nothing about its video.
 */
export function watchHead(preview: Preview | undefined, link: { code: string; baseUrl: string }): string {
  const segment = encodeURIComponent(link.code);
  const page = `${link.baseUrl}/watch/${segment}`;
  const address = `${link.baseUrl}/${segment}`;
  const card = preview?.state === 'open' ? preview.card : null;
  const title = card?.title ?? 'PTSD.ly';
  const description = card
    ? `PTSD.ly${card.duration ? ` · ${clock(card.duration)}` : ''}`
    : 'A video shared on PTSD.ly';
  const image = card && preview?.hasPoster ? `${page}/card.jpg` : undefined;
  return String(html`<title>${title}</title>
    <meta name="description" content="${description}">
    <meta property="og:site_name" content="PTSD.ly">
    <meta property="og:type" content="video.other">
    <meta property="og:title" content="${title}">
    <meta property="og:description" content="${description}">
    <meta property="og:url" content="${address}">
    ${image ? html`<meta property="og:image" content="${image}"><meta property="og:image:type" content="image/jpeg">${pixels(preview?.poster)}` : ''}
    <meta name="twitter:card" content="${card ? 'player' : 'summary'}">
    <meta name="twitter:title" content="${title}">
    <meta name="twitter:description" content="${description}">
    ${image ? html`<meta name="twitter:image" content="${image}">` : ''}
    ${card ? playerTags(card, link.baseUrl, segment, address) : ''}`);
}

/** The size of the picture, so that a first preview need not load it to know (ogp.me, structured properties). */
const pixels = (poster: Preview['poster']) =>
  poster
    ? html`<meta property="og:image:width" content="${poster.width}"><meta property="og:image:height" content="${poster.height}">`
    : '';

/** The player that may stand in another site's frame; it fetches no video before somebody plays it. */
function playerTags(card: NonNullable<Preview['card']>, baseUrl: string, segment: string, address: string) {
  const player = `${baseUrl}/embed/${segment}`;
  const { width, height } = playerSize(card);
  const oembed = `${baseUrl}/api/oembed?format=json&url=${encodeURIComponent(address)}`;
  return html`<meta name="twitter:player" content="${player}">
    <meta name="twitter:player:width" content="${width}">
    <meta name="twitter:player:height" content="${height}">
    <meta property="og:video" content="${player}">
    ${player.startsWith('https:') ? html`<meta property="og:video:secure_url" content="${player}">` : ''}
    <meta property="og:video:type" content="text/html">
    <meta property="og:video:width" content="${width}">
    <meta property="og:video:height" content="${height}">
    <link rel="alternate" type="application/json+oembed" href="${oembed}" title="${card.title}">`;
}

/** 3725 → `1:02:05`. */
function clock(seconds: number): string {
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (parts[0] === 0) parts.shift();
  return parts.map((part, i) => (i === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}
