import { type OffloadOffer, Problem } from '@ptsdly/contract';
import type { VideoRow } from '../database.ts';
import type { ByteHandler, ByteRoute, Exchange } from '../exchange.ts';
import type { Gatekeeper } from '../gatekeeper.ts';
import type { OpenResponses } from '../playback/open-responses.ts';
import type { Packaged } from '../playback/packaged.ts';
import type { Renditions } from '../renditions/renditions.ts';
import type { Storage } from '../storage/storage.ts';
import { attachment } from './byte-range.ts';
import type { Library } from './library.ts';
import { sendBytes, sendObject } from './object-answer.ts';
import { originalOf } from './object-names.ts';

export interface VideoRoutesOptions {
  readonly gatekeeper: Gatekeeper;
  readonly library: Library;
  readonly storage: Storage;
  readonly responses: OpenResponses;
  readonly renditions: Renditions;
  readonly packaged: (row: VideoRow) => Promise<Packaged>;
}

/** What the owner downloads. */
export function videoRoutes(options: VideoRoutesOptions): ByteRoute[] {
  const owned =
    (send: (exchange: Exchange, storage: Storage, row: VideoRow) => Promise<void>): ByteHandler =>
    async (exchange) => {
      const { sid } = await options.gatekeeper(exchange.request);
      const row = await options.library.require(exchange.params[0] ?? '');
      const showing = { videoId: row.id, link: null, sid, expiresAt: null };
      options.responses.add(showing, exchange.response);
      await send(exchange, options.storage, row);
    };
  const original = owned((exchange, storage, row) => sendOriginal(exchange, storage, row, 'owner'));
  const rendition = owned(async (exchange, _storage, row) => {
    if (row.playable === 0) throw new Problem('not_found');
    const packaged = await options.packaged(row);
    await sendRendition(exchange, options.renditions, { row, name: exchange.params[1] ?? '', packaged });
  });
  return [
    {
      template: '/videos/:id/renditions/:name',
      pattern: /^\/videos\/([\w-]{1,64})\/renditions\/(v\d{1,4})$/,
      methods: { GET: rendition, HEAD: rendition },
    },
    {
      template: '/videos/:id/original',
      pattern: /^\/videos\/([\w-]{1,64})\/original$/,
      methods: { GET: original, HEAD: original },
    },
  ];
}

export interface WantedRendition {
  readonly row: VideoRow;
  readonly name: string;
  readonly packaged: Packaged;
}

/** A rendition with its sound as one MP4, under the title. Rejects as `renditionFile` does. */
export async function sendRendition(
  exchange: Exchange,
  renditions: Renditions,
  { row, name, packaged }: WantedRendition,
): Promise<void> {
  const disposition = attachment(`${row.title} (${name.slice(1)}p).mp4`);
  await sendBytes(exchange, { ...(await renditions.download(row, name, packaged)), disposition });
}

/** The uploaded bytes under the name they came with. Rejects with `not_playable_yet` while they arrive. */
export async function sendOriginal(
  exchange: Exchange,
  storage: Storage,
  row: VideoRow,
  by: OffloadOffer['by'],
): Promise<void> {
  if (row.upload === 'receiving') {
    throw new Problem('not_playable_yet', { detail: 'The upload is not complete yet.', retryAfter: 1 });
  }
  await sendObject(exchange, storage, {
    name: originalOf(row.file_id),
    size: row.size_bytes,
    type: row.file_type,
    etag: `"${row.file_id}"`,
    cacheControl: 'private, no-cache',
    disposition: attachment(row.file_name),
    by,
  });
}
