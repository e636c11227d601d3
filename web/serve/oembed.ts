import {
  type CallOutput,
  type HandlerInput,
  type linksInternalApi,
  type Oembed,
  Problem,
  type webApi,
} from '@ptsdly/contract';
import { html } from 'hono/html';

type Preview = CallOutput<typeof linksInternalApi.preview>;
type Query = HandlerInput<typeof webApi.oembed>['query'];

/** States whose links show a player, though perhaps not what is in it. */
const SHOWN: ReadonlySet<Preview['state']> = new Set(['open', 'protected', 'not_open_yet']);
const CACHE_S = 300;
const DEFAULT_SIZE = { width: 1280, height: 720 };
const LARGEST = { width: 1280, height: 1280 };

/**
 * The code that a URL of ours stands for: `/{code}`, `/watch/{code}` or `/embed/{code}`. Throws `not_found` for
 * any other, and `format_not_offered` for XML (oEmbed 1.0 §2.2).
 */
export function embeddedCode({ url, format }: Query, baseUrl: string): string {
  if (format !== undefined && format !== 'json') throw new Problem('format_not_offered');
  if (!URL.canParse(url)) throw new Problem('not_found');
  const { origin, pathname } = new URL(url);
  const segment = /^\/(?:watch\/|embed\/)?([^/]+)$/.exec(pathname)?.[1];
  if (origin !== new URL(baseUrl).origin || segment === undefined) throw new Problem('not_found');
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new Problem('not_found');
  }
}

/** The answer for a link: a player for an open one, a neutral one where a preview may show nothing. */
export function oembedOf(preview: Preview, code: string, query: Query, baseUrl: string): Oembed {
  if (!SHOWN.has(preview.state)) throw new Problem('not_found');
  const common = {
    version: '1.0',
    title: preview.card?.title ?? 'PTSD.ly',
    provider_name: 'PTSD.ly',
    provider_url: `${baseUrl}/`,
    cache_age: CACHE_S,
    ...thumbnail(preview, code, baseUrl),
  } as const;
  if (preview.state !== 'open' || !preview.card) return { type: 'link', ...common };
  const { width, height } = playerSize(preview.card, { width: query.maxwidth, height: query.maxheight });
  const src = `${baseUrl}/embed/${encodeURIComponent(code)}`;
  const player = html`<iframe src="${src}" width="${width}" height="${height}" title="${common.title}" style="border:0" allow="autoplay; fullscreen; picture-in-picture" allowfullscreen></iframe>`;
  return { type: 'video', ...common, html: String(player), width, height };
}

/** The poster; without its size it may not be named (oEmbed 1.0 §2.3.4). */
function thumbnail({ card, hasPoster, poster }: Preview, code: string, baseUrl: string) {
  if (!card || !hasPoster || !poster) return {};
  return {
    thumbnail_url: `${baseUrl}/watch/${encodeURIComponent(code)}/card.jpg`,
    thumbnail_width: poster.width,
    thumbnail_height: poster.height,
  };
}

/** The video's shape, within what is asked for and what a page has room for. */
export function playerSize(
  card: { readonly width: number | null; readonly height: number | null },
  asked: { readonly width?: number | undefined; readonly height?: number | undefined } = {},
): { width: number; height: number } {
  const { width, height } =
    card.width && card.height ? { width: card.width, height: card.height } : DEFAULT_SIZE;
  const scale = Math.min(
    1,
    Math.min(asked.width ?? Infinity, LARGEST.width) / width,
    Math.min(asked.height ?? Infinity, LARGEST.height) / height,
  );
  const scaled = (side: number) => Math.max(1, Math.floor(side * scale));
  return { width: scaled(width), height: scaled(height) };
}
