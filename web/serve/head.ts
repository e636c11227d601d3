import type { CallOutput, linksInternalApi } from '@ptsdly/contract';
import { html } from 'hono/html';

type Preview = CallOutput<typeof linksInternalApi.preview>;

/** Everything comes from our own origin; only the embedded player may stand in another site's frame. */
export function pageHeaders(page: 'app' | 'watch' | 'embed'): Record<string, string> {
  const policy = [
    "default-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' blob: data:",
    "media-src 'self' blob:",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    page === 'embed' ? 'frame-ancestors *' : "frame-ancestors 'none'",
  ];
  return {
    'content-security-policy': policy.join('; '),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-cache',
    ...(page === 'app' ? {} : { 'x-robots-tag': 'noindex' }),
  };
}

/**
 * Title and preview tags of a watch page (ogp.me; Twitter card markup). A protected, ended or unknown link has
 * a neutral card that says nothing about its video.
 */
export function watchHead(preview: Preview | undefined, link: { code: string; baseUrl: string }): string {
  const page = `${link.baseUrl}/watch/${encodeURIComponent(link.code)}`;
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
    <meta property="og:url" content="${link.baseUrl}/${encodeURIComponent(link.code)}">
    ${image ? html`<meta property="og:image" content="${image}"><meta property="og:image:type" content="image/jpeg">` : ''}
    <meta name="twitter:card" content="${image ? 'summary_large_image' : 'summary'}">
    <meta name="twitter:title" content="${title}">
    ${image ? html`<meta name="twitter:image" content="${image}">` : ''}`);
}

/** 3725 → `1:02:05`. */
function clock(seconds: number): string {
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (parts[0] === 0) parts.shift();
  return parts.map((part, i) => (i === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}
