import type { ByteHandler, ByteRoute, Exchange } from '../exchange.ts';
import type { Gatekeeper } from '../gatekeeper.ts';
import { readSmall } from '../uploads/small-body.ts';
import type { Subtitles } from './subtitles.ts';

/** The subtitles of a long film are a tenth of this. */
const MAX_FILE = 2 * 1024 * 1024;

export interface SubtitleRoutesOptions {
  readonly gatekeeper: Gatekeeper;
  readonly subtitles: Subtitles;
}

/** Files of subtitles come as they are, and go as WebVTT. */
export function subtitleRoutes({ gatekeeper, subtitles }: SubtitleRoutesOptions): ByteRoute[] {
  const add: ByteHandler = async (exchange) => {
    const { request, response, params } = exchange;
    await gatekeeper(request);
    const query = new URL(request.url ?? '', 'http://media').searchParams;
    const labels = {
      language: query.get('language') ?? undefined,
      label: query.get('label') ?? undefined,
      fileName: query.get('name') ?? undefined,
    };
    const added = await subtitles.add(params[0] ?? '', await readSmall(exchange, MAX_FILE), labels);
    response.writeHead(201, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(JSON.stringify(added));
  };
  const show: ByteHandler = async (exchange) => {
    await gatekeeper(exchange.request);
    const [videoId = '', id = ''] = exchange.params;
    sendVtt(exchange, await subtitles.read(videoId, id));
  };
  return [
    {
      template: '/videos/:id/subtitles',
      pattern: /^\/videos\/([\w-]{1,64})\/subtitles$/,
      methods: { POST: add },
    },
    {
      template: '/videos/:id/subtitles/:name',
      pattern: /^\/videos\/([\w-]{1,64})\/subtitles\/([\w-]{1,64})\.vtt$/,
      methods: { GET: show, HEAD: show },
    },
  ];
}

export function sendVtt({ request, response }: Exchange, vtt: string): void {
  const body = Buffer.from(vtt);
  response.writeHead(200, {
    'content-type': 'text/vtt; charset=utf-8',
    'content-length': body.length,
    'cache-control': 'private, no-cache',
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
