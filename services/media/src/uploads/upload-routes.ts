import type { ByteHandler, ByteRoute, Exchange } from '../exchange.ts';
import type { Gatekeeper } from '../gatekeeper.ts';
import type { Allowance } from '../host/allowance.ts';
import { takePoster } from '../pictures/picture-routes.ts';
import type { Posters } from '../pictures/posters.ts';
import type { Arrivals } from './arrivals.ts';
import { askForBody, readSmall } from './small-body.ts';
import {
  OFFSET_TYPE,
  readAnnouncement,
  readChecksum,
  readCount,
  requireOffsetType,
  requireVersion,
  TUS_EXTENSIONS,
  TUS_VERSION,
} from './tus.ts';
import { expiryFrom, type UploadState, type Uploads } from './uploads.ts';

export interface UploadRoutesOptions {
  readonly basePath: string;
  readonly quotaBytes: number;
  readonly gatekeeper: Gatekeeper;
  readonly uploads: Uploads;
  readonly allowance: Allowance;
  readonly posters: Posters;
  readonly arrivals: Arrivals;
  /** Gives up what was on its way to replace the file of a video, if anything was. */
  readonly supersede: (id: string) => Promise<void>;
}

/** A film of two hours has a movie header of four megabytes. */
const MAX_MOOV = 32 * 1024 * 1024;

/** tus 1.0 on raw `node:http`, and what a browser adds: a poster, and a movie header ahead of its file. */
export function uploadRoutes(options: UploadRoutesOptions): ByteRoute[] {
  const { uploads, posters, arrivals, gatekeeper } = options;

  /** What every call of the protocol has in common. */
  const tus =
    (handler: ByteHandler, versioned = true): ByteHandler =>
    async (exchange) => {
      exchange.response.setHeader('tus-resumable', TUS_VERSION);
      exchange.response.setHeader('cache-control', 'no-store');
      await gatekeeper(exchange.request);
      if (versioned) requireVersion(exchange.request.headers);
      await handler(exchange);
    };

  const describeServer: ByteHandler = async ({ response }) => {
    response.writeHead(204, {
      'tus-version': TUS_VERSION,
      'tus-extension': TUS_EXTENSIONS,
      'tus-checksum-algorithm': 'sha256',
      'tus-max-size': options.quotaBytes,
    });
    response.end();
  };

  const stateHeaders = ({ id, offset, row }: UploadState, expiresAt: Date) => ({
    'upload-offset': offset,
    'x-video-id': row.replaces || id,
    ...(row.upload === 'receiving' && { 'upload-expires': expiresAt.toUTCString() }),
  });

  const append = (exchange: Exchange, id: string, offset: number) => {
    const { request } = exchange;
    const length = request.headers['content-length'];
    const bytes = length === undefined ? undefined : Number(length);
    const checksum = readChecksum(request.headers);
    const told = request.method === 'PATCH' && request.headers['upload-length'] !== undefined;
    const piece = {
      offset,
      bytes,
      checksum,
      length: told ? readCount(request.headers, 'upload-length') : undefined,
    };
    return uploads.append(id, piece, request, () => askForBody(exchange));
  };

  const create: ByteHandler = async (exchange) => {
    const { request, response } = exchange;
    options.allowance.takeIn();
    const announced = readAnnouncement(request.headers);
    if (announced.replaces) await options.supersede(announced.replaces);
    const row = await uploads.create(announced);
    response.setHeader('location', `${options.basePath}/uploads/${row.id}`);
    let state: UploadState | undefined = { id: row.id, offset: 0, length: row.size_bytes, row };
    if (request.headers['content-type'] === OFFSET_TYPE) {
      state = await append(exchange, row.id, 0).catch(async (error) => {
        await uploads.terminate(row.id).catch(() => undefined); // what was refused does not stay behind
        response.removeHeader('location');
        throw error;
      });
    }
    if (state) response.writeHead(201, stateHeaders(state, expiryFrom(Date.now()))).end();
  };

  const tell: ByteHandler = async ({ response, params: [id = ''] }) => {
    const state = await uploads.state(id);
    const name = Buffer.from(state.row.file_name).toString('base64');
    response.writeHead(200, {
      ...stateHeaders(state, await uploads.expiresAt(state.row)),
      ...(state.row.deferred ? { 'upload-defer-length': '1' } : { 'upload-length': state.length }),
      'upload-metadata': `filename ${name}`,
    });
    response.end();
  };

  const patch: ByteHandler = async (exchange) => {
    const { request, response, params } = exchange;
    requireOffsetType(request.headers);
    const state = await append(exchange, params[0] ?? '', readCount(request.headers, 'upload-offset'));
    if (state) response.writeHead(204, stateHeaders(state, expiryFrom(Date.now()))).end();
  };

  const terminate: ByteHandler = async ({ response, params: [id = ''] }) => {
    await uploads.terminate(id);
    response.writeHead(204).end();
  };

  const putPoster: ByteHandler = async (exchange) => {
    await gatekeeper(exchange.request);
    await takePoster(exchange, posters, 'browser');
  };

  const putMoov: ByteHandler = async (exchange) => {
    await gatekeeper(exchange.request);
    const id = exchange.params[0] ?? '';
    await arrivals.expect(id);
    await arrivals.take(id, await readSmall(exchange, MAX_MOOV));
    exchange.response.writeHead(204).end();
  };

  return [
    {
      template: '/uploads',
      pattern: /^\/uploads\/?$/,
      methods: { POST: tus(create), OPTIONS: tus(describeServer, false) },
    },
    {
      template: '/uploads/:id',
      pattern: /^\/uploads\/([\w-]{1,64})$/,
      methods: {
        HEAD: tus(tell),
        PATCH: tus(patch),
        DELETE: tus(terminate),
        OPTIONS: tus(describeServer, false),
      },
    },
    {
      template: '/uploads/:id/poster',
      pattern: /^\/uploads\/([\w-]{1,64})\/poster$/,
      methods: { PUT: putPoster },
    },
    {
      template: '/uploads/:id/moov',
      pattern: /^\/uploads\/([\w-]{1,64})\/moov$/,
      methods: { PUT: putMoov },
    },
  ];
}
