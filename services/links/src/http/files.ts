import { Problem, statsQuery } from '@ptsdly/contract';
import { type AppOptions, admit, eventStream, validate } from '@ptsdly/kit';
import type { Context, Hono } from 'hono';
import { z } from 'zod';
import { qrPng, qrSvg } from '../codes/qr.ts';
import type { Parts } from '../parts.ts';
import { statsCsv } from '../statistics/export.ts';
import { exportLinks, linksCsv } from '../transfer/export.ts';

const QR_HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
};
const POSTER_HEADERS = {
  'content-type': 'image/jpeg',
  'cache-control': 'public, max-age=300',
  'x-content-type-options': 'nosniff',
};

const format = z.enum(['csv', 'json']).default('csv');
const qrSize = z.coerce.number().int().min(64).max(2048).default(1024);
const aVideo = statsQuery.extend({ videoId: z.string().min(1).max(64) });

/** Pictures, files and event streams: what is not JSON and so has no schema. */
export function mountFiles(app: Hono, parts: Parts, options: AppOptions): void {
  const { opening, previews, report, baseUrl } = parts;
  const ownerOf = async ({ req }: Context) =>
    (await admit(req.raw.headers, 'user', options, 'links:read'))?.sub as string;

  app.get('/watch/:code/card.jpg', async (context) => {
    const poster = await previews.poster(context.req.param('code'));
    if (!poster) throw new Problem('not_found');
    return new Response(new Uint8Array(poster), { headers: POSTER_HEADERS });
  });
  app.get('/api/links/:code/qr.svg', async (context) => {
    const url = await opening.urlOf(context.req.param('code'), baseUrl);
    return new Response(qrSvg(url), { headers: { ...QR_HEADERS, 'content-type': 'image/svg+xml' } });
  });
  app.get('/api/links/:code/qr.png', async (context) => {
    const size = validate(qrSize, context.req.query('size'));
    const png = qrPng(await opening.urlOf(context.req.param('code'), baseUrl), size);
    return new Response(new Uint8Array(png), { headers: { ...QR_HEADERS, 'content-type': 'image/png' } });
  });
  app.get('/api/links/export', async (context) => {
    const owner = await ownerOf(context);
    const kind = validate(format, context.req.query('format'));
    const links = await exportLinks(parts, owner);
    return file('links', kind, kind === 'csv' ? linksCsv(links) : JSON.stringify({ links }, null, 2));
  });
  app.get('/api/links/stats/live', async (context) => {
    const owner = await ownerOf(context);
    const { videoId, days } = validate(aVideo, context.req.query());
    const { signal } = context.req.raw;
    return eventStream(
      report.live(owner, () => report.ofVideo(owner, videoId, days), signal),
      signal,
    );
  });
  app.get('/api/links/:id/stats/live', async (context) => {
    const owner = await ownerOf(context);
    const id = context.req.param('id');
    const { days } = validate(statsQuery, context.req.query());
    await report.ofLink(owner, id, days); // an unknown link is a problem and no stream
    const { signal } = context.req.raw;
    return eventStream(
      report.live(owner, () => report.ofLink(owner, id, days), signal),
      signal,
    );
  });
  app.get('/api/links/:id/stats/export', async (context) => {
    const owner = await ownerOf(context);
    const kind = validate(format, context.req.query('format'));
    const { days } = validate(statsQuery, context.req.query());
    const stats = await report.ofLink(owner, context.req.param('id'), days);
    return file('link-statistics', kind, kind === 'csv' ? statsCsv(stats) : JSON.stringify(stats, null, 2));
  });
}

/** A file to keep. */
function file(name: string, kind: 'csv' | 'json', text: string): Response {
  const day = new Date().toISOString().slice(0, 10);
  return new Response(text, {
    headers: {
      'content-type': kind === 'csv' ? 'text/csv; charset=utf-8' : 'application/json',
      'content-disposition': `attachment; filename="ptsdly-${name}-${day}.${kind}"`,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    },
  });
}
