import { Problem } from '@ptsdly/contract';
import type { VideoRow } from '../database.ts';
import type { ByteHandler, ByteRoute, Exchange } from '../exchange.ts';
import type { FrameGate, Gatekeeper } from '../gatekeeper.ts';
import { type Library, storyboardName } from '../library/library.ts';
import { sendObject } from '../library/object-answer.ts';
import { posterOf, sheetOf, storyboardOf } from '../library/object-names.ts';
import type { OpenResponses } from '../playback/open-responses.ts';
import type { Storage } from '../storage/storage.ts';
import { readSmall } from '../uploads/small-body.ts';
import type { Pictures } from './pictures.ts';
import type { Posters } from './posters.ts';

/** Bytes. */
export const MAX_POSTER = 500_000;

const VTT = 'text/vtt; charset=utf-8';

export interface PictureRoutesOptions {
  readonly gatekeeper: Gatekeeper;
  readonly frameGate: FrameGate;
  readonly library: Library;
  readonly storage: Storage;
  readonly responses: OpenResponses;
  readonly pictures: Pictures;
}

/** The poster, which the owner may choose by hand, and the storyboard of the library's hover preview. */
export function pictureRoutes(options: PictureRoutesOptions): ByteRoute[] {
  const { gatekeeper, frameGate, pictures, library, storage, responses } = options;
  const owned =
    (send: (exchange: Exchange, row: VideoRow) => Promise<void>): ByteHandler =>
    async (exchange) => {
      const { sid } = await gatekeeper(exchange.request);
      const row = await library.require(exchange.params[0] ?? '');
      responses.add({ videoId: row.id, link: null, sid, expiresAt: null }, exchange.response);
      await send(exchange, row);
    };
  const poster = owned((exchange, row) => sendPoster(exchange, storage, row));
  const storyboard = owned((exchange, row) =>
    sendStoryboard(exchange, storage, row, exchange.params[1] ?? ''),
  );
  const put: ByteHandler = async (exchange) => {
    await gatekeeper(exchange.request);
    await takePoster(exchange, pictures.posters, 'owner');
  };
  const release: ByteHandler = async (exchange) => {
    await gatekeeper(exchange.request);
    await pictures.releasePoster(exchange.params[0] ?? '');
    exchange.response.writeHead(204).end();
  };
  const frame: ByteHandler = async (exchange) => {
    const at = momentOf(exchange.request.url);
    const { sid } = await frameGate(exchange.request, { videoId: exchange.params[0] ?? '', frameAt: at });
    if (!(at >= 0 && at < Infinity)) throw notMoment();
    const row = await library.require(exchange.params[0] ?? '');
    responses.add({ videoId: row.id, link: null, sid, expiresAt: null }, exchange.response);
    const gone = new AbortController();
    exchange.response.once('close', () => gone.abort());
    const jpeg = await pictures.frame(row, at, gone.signal);
    if (!jpeg) throw new Problem('not_found');
    const headers = {
      'content-type': 'image/jpeg',
      'content-length': jpeg.length,
      'cache-control': 'no-store',
    };
    exchange.response.writeHead(200, headers).end(jpeg);
  };
  return [
    {
      template: '/videos/:id/frame',
      pattern: /^\/videos\/([\w-]{1,64})\/frame$/,
      methods: { GET: frame },
    },
    {
      template: '/videos/:id/poster',
      pattern: /^\/videos\/([\w-]{1,64})\/poster$/,
      methods: { GET: poster, HEAD: poster, PUT: put, DELETE: release },
    },
    {
      template: '/videos/:id/storyboard/*',
      pattern: /^\/videos\/([\w-]{1,64})\/storyboard\/([\w.-]{1,20})$/,
      methods: { GET: storyboard, HEAD: storyboard },
    },
  ];
}

/** Seconds; not a number where it says none. */
const momentOf = (url = '') => Number(new URLSearchParams(url.split('?')[1]).get('at') || Number.NaN);

const notMoment = () =>
  new Problem('invalid_fields', { errors: [{ field: 'at', message: 'is a number of seconds' }] });

/** Reads a poster from a request and keeps it. Rejects with `unsupported_media_type` or what `Posters.take` says. */
export async function takePoster(exchange: Exchange, posters: Posters, from: 'browser' | 'owner') {
  if (exchange.request.headers['content-type'] !== 'image/jpeg') throw new Problem('unsupported_media_type');
  await posters.take(exchange.params[0] ?? '', await readSmall(exchange, MAX_POSTER), from);
  exchange.response.writeHead(204).end();
}

/** Rejects with `not_found` while there is none. */
export async function sendPoster(exchange: Exchange, storage: Storage, row: VideoRow): Promise<void> {
  const stat = row.poster ? await storage.stat(posterOf(row.id)) : undefined;
  if (!stat) throw new Problem('not_found');
  await sendObject(exchange, storage, {
    name: posterOf(row.id),
    size: stat.size,
    type: 'image/jpeg',
    etag: `"${row.id}-p${row.poster_version}"`,
    cacheControl: 'private, max-age=3600',
  });
}

/** `list.vtt`, which is empty while there is no storyboard, or a sheet beside it. Rejects with `not_found`. */
export async function sendStoryboard(exchange: Exchange, storage: Storage, row: VideoRow, piece: string) {
  if (piece === 'list.vtt' && row.storyboard_version === 0) return sendEmptyList(exchange);
  const sheet = /^sheet-([1-9])\.jpg$/.exec(piece)?.[1];
  if (row.storyboard_version === 0 || (piece !== 'list.vtt' && !sheet)) throw new Problem('not_found');
  const name = sheet ? sheetOf(row.id, Number(sheet)) : storyboardOf(row.id);
  const stat = await storage.stat(name);
  if (!stat) throw new Problem('not_found');
  await sendObject(exchange, storage, {
    name,
    size: stat.size,
    type: sheet ? 'image/jpeg' : VTT,
    etag: `"${row.id}-${piece}-${storyboardName(row)}"`,
    cacheControl: sheet ? 'private, max-age=86400' : 'private, no-cache',
  });
}

function sendEmptyList({ request, response }: Exchange): void {
  response.writeHead(200, { 'content-type': VTT, 'cache-control': 'no-store' });
  response.end(request.method === 'HEAD' ? undefined : 'WEBVTT\n');
}
