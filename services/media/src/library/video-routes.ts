import { Problem } from '@ptsdly/contract';
import type { VideoRow } from '../database.ts';
import type { ByteHandler, ByteRoute, Exchange } from '../exchange.ts';
import type { Gatekeeper } from '../gatekeeper.ts';
import type { OpenResponses } from '../playback/open-responses.ts';
import type { Storage } from '../storage/storage.ts';
import { attachment } from './byte-range.ts';
import type { Library } from './library.ts';
import { sendObject } from './object-answer.ts';
import { originalOf } from './object-names.ts';

export interface VideoRoutesOptions {
  readonly gatekeeper: Gatekeeper;
  readonly library: Library;
  readonly storage: Storage;
  readonly responses: OpenResponses;
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
  const original = owned(sendOriginal);
  return [
    {
      template: '/videos/:id/original',
      pattern: /^\/videos\/([\w-]{1,64})\/original$/,
      methods: { GET: original, HEAD: original },
    },
  ];
}

/** The uploaded bytes under the name they came with. Rejects with `not_playable_yet` while they arrive. */
export async function sendOriginal(exchange: Exchange, storage: Storage, row: VideoRow): Promise<void> {
  if (row.upload === 'receiving') {
    throw new Problem('not_playable_yet', { detail: 'The upload is not complete yet.', retryAfter: 1 });
  }
  await sendObject(exchange, storage, {
    name: originalOf(row.id),
    size: row.size_bytes,
    type: row.file_type,
    etag: `"${row.id}"`,
    cacheControl: 'private, no-cache',
    disposition: attachment(row.file_name),
  });
}
