import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Problem } from '@ptsdly/contract';
import { countShortLived, writeChunk } from '@ptsdly/kit';
import {
  type ListedTrack,
  listSegments,
  PackagerError,
  type Presentation,
  type PresentedTrack,
  readCues,
  readSegment,
  type SegmentPlan,
  writeWebVtt,
} from '@ptsdly/packager';
import type { ByteRoute, Exchange } from '../exchange.ts';
import { isUnchanged } from '../library/byte-range.ts';
import { sendBytes } from '../library/object-answer.ts';
import { sendOriginal, sendRendition } from '../library/video-routes.ts';
import { sendPoster, sendStoryboard } from '../pictures/picture-routes.ts';
import type { Demand } from '../renditions/demand.ts';
import type { Renditions } from '../renditions/renditions.ts';
import type { Storage } from '../storage/storage.ts';
import { sendVtt } from '../subtitles/subtitle-routes.ts';
import type { Subtitles } from '../subtitles/subtitles.ts';
import type { ArrivalNews } from '../uploads/arrival-news.ts';
import { streamAsItArrives } from './arriving-stream.ts';
import { watchDemand } from './demand-watch.ts';
import type { OpenResponses } from './open-responses.ts';
import { hasPlainFile, type OriginalSource, type Packaged, type PresentedSound } from './packaged.ts';
import type { Playback } from './playback.ts';
import { writeProgramme } from './programme.ts';
import { openSessionEvents } from './session-events.ts';
import type { SessionNews } from './session-news.ts';
import type { PlaySession } from './session-token.ts';

const compress = promisify(gzip);
/** A shorter playlist fits into one packet as it is. */
const GZIP_FROM = 1200;
/**
 * A larger segment is passed through in pieces, so that a slow viewer does not hold all of it in memory; but for one
 * whose bytes are rewritten on the way.
 */
const GATHER_UP_TO = 8 * 1024 * 1024;

export interface SessionRoutesOptions {
  readonly playback: Playback;
  readonly subtitles: Subtitles;
  readonly storage: Storage;
  readonly responses: OpenResponses;
  readonly renditions: Renditions;
  readonly demand: Demand;
  readonly news: SessionNews;
}

const PIECE =
  /^(?:(?<playlist>[a-z]{1,6}\d{0,4})\.m3u8|(?<init>[acdiv]\d{1,4})\/init\.mp4|(?<track>[acdiv]\d{1,4})\/(?<n>\d{1,7})\.m4s|storyboard\/(?<storyboard>[\w.-]{1,20})|s(?<text>\d{1,2})\.vtt|subtitles\/(?<subtitle>[\w-]{1,64})\.vtt|download\/(?<size>v\d{1,4})|(?<other>poster\.jpg|download|events|video\.mp4))$/;

/**
 * What a play session shows. The token stands in the path, so that relative URLs in a playlist inherit the
 * right; it is read anew for every request.
 */
export function sessionRoutes(options: SessionRoutesOptions): ByteRoute[] {
  const show = (exchange: Exchange) => new Show(options, exchange).answer();
  return [
    {
      template: '/s/*',
      pattern: /^\/s\/([\w.-]{1,1000})\/([\w./-]{1,100})$/,
      methods: { GET: show, HEAD: show },
    },
  ];
}

/** One request under a session. */
class Show {
  readonly #options: SessionRoutesOptions;
  readonly #exchange: Exchange;

  constructor(options: SessionRoutesOptions, exchange: Exchange) {
    this.#options = options;
    this.#exchange = exchange;
  }

  async answer(): Promise<void> {
    const [token = '', path = ''] = this.#exchange.params;
    const session = await this.#options.playback.session(token);
    const piece = PIECE.exec(path)?.groups;
    if (!piece) throw new Problem('not_found');
    if (piece.other === 'events') return this.#events(session);
    // from here on the end of the right ends the response, also while its bytes are still being read
    this.#options.responses.add(session, this.#exchange.response);
    await this.#send(session, piece).catch((cause: unknown) => {
      throw cause instanceof PackagerError && cause.code.startsWith('no_such')
        ? new Problem('not_found', { cause })
        : cause;
    });
  }

  async #send(session: PlaySession, piece: Record<string, string | undefined>): Promise<void> {
    if (piece.playlist !== undefined) return this.#playlist(session, piece.playlist);
    if (piece.init !== undefined) return this.#init(session, piece.init);
    if (piece.track !== undefined) return this.#segment(session, piece.track, Number(piece.n));
    if (piece.text !== undefined) return this.#embedded(session, Number(piece.text));
    if (piece.subtitle !== undefined) {
      return sendVtt(this.#exchange, await this.#options.subtitles.read(session.videoId, piece.subtitle));
    }
    if (piece.other === 'video.mp4') return this.#progressive(session);
    const row = await this.#options.playback.video(session);
    const { storage } = this.#options;
    if (piece.storyboard !== undefined) return sendStoryboard(this.#exchange, storage, row, piece.storyboard);
    if (piece.other === 'poster.jpg') return sendPoster(this.#exchange, storage, row);
    if (!session.download) throw new Problem('forbidden');
    if (piece.size !== undefined) {
      const packaged = await this.#options.playback.packaged(session);
      return sendRendition(this.#exchange, this.#options.renditions, { row, name: piece.size, packaged });
    }
    return sendOriginal(this.#exchange, storage, row, 'session');
  }

  async #events(session: PlaySession): Promise<void> {
    const { playback, responses, news } = this.#options;
    await playback.video(session);
    const watch = (listener: (news: ArrivalNews) => void) => playback.watch(session, listener);
    this.#exchange.response.once('close', () => playback.left(session));
    openSessionEvents(this.#exchange, { session, responses, news, watch });
  }

  async #playlist(session: PlaySession, name: string): Promise<void> {
    const packaged = await this.#options.playback.packaged(session);
    const dolby = dolbyOf(packaged, name);
    if (dolby) return this.#text(listSegments(renamed(dolby.track, name)));
    if (session.renditions.includes(name)) {
      return this.#text(await this.#options.renditions.playlist(session.videoId, name, packaged.index));
    }
    if (name === 'master' && session.renditions.length > 0) return this.#text(await this.#master(session));
    const { presentation, source, arrived } = packaged;
    // what began as a list that grows stays one, as its type must not change (RFC 8216 §6.2.1)
    const growing = session.movie !== null ? { arrived: arrived?.() ?? source.size } : undefined;
    const text =
      name === 'master'
        ? presentation.masterPlaylist({ arriving: growing !== undefined })
        : presentation.mediaPlaylist(name, growing);
    await this.#text(text);
  }

  /** The master playlist of a session with renditions, those that it began with. */
  async #master(session: PlaySession): Promise<string> {
    const { playback, renditions } = this.#options;
    const packaged = await playback.packaged(session);
    const rows = await Promise.all(
      session.renditions.map((name) => renditions.require(session.videoId, name)),
    );
    return writeProgramme(packaged, rows, renditions);
  }

  async #text(text: string): Promise<void> {
    const { request, response } = this.#exchange;
    const zipped =
      text.length > GZIP_FROM && /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
    const body = zipped ? await compress(text, { level: 4 }) : Buffer.from(text);
    response.writeHead(200, {
      'content-type': 'application/vnd.apple.mpegurl',
      'content-length': body.length,
      'cache-control': 'no-store',
      vary: 'accept-encoding',
      ...(zipped && { 'content-encoding': 'gzip' }),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  }

  /** Subtitles that stand in the original. */
  async #embedded(session: PlaySession, n: number): Promise<void> {
    const { presentation, source, arrived } = await this.#options.playback.packaged(session);
    const track = presentation.subtitles[n];
    if (!track || arrived) throw new Problem('not_found');
    sendVtt(this.#exchange, writeWebVtt(await readCues(source, track)));
  }

  async #init(session: PlaySession, track: string): Promise<void> {
    const packaged = await this.#options.playback.packaged(session);
    const { presentation, index } = packaged;
    const bytes = session.renditions.includes(track)
      ? await this.#options.renditions.init(session.videoId, track, index)
      : (dolbyOf(packaged, track)?.init() ?? presentation.initSegment(track));
    if (!this.#head(`"${session.videoId}-${track}"`, bytes.length)) return;
    this.#exchange.response.end(bytes);
  }

  async #segment(session: PlaySession, track: string, n: number): Promise<void> {
    const packaged = await this.#options.playback.packaged(session);
    const { presentation, index, source, arrived } = packaged;
    if (session.renditions.includes(track)) {
      const made = await this.#options.renditions.segment(session.videoId, track, index, n);
      this.#watch(packaged, session, track, made.plan);
      return this.#sendSegment(`"${session.videoId}-${track}-${n}"`, made.source, made.plan);
    }
    if (arrived && n >= segmentsWithin(presentation, track, arrived())) throw new Problem('not_found');
    const plan = dolbyOf(packaged, track)?.segment(n) ?? presentation.segment(track, n);
    if (!arrived) this.#watch(packaged, session, track, plan);
    await this.#sendSegment(`"${session.videoId}-${track}-${n}"`, source, plan);
  }

  #watch(packaged: Packaged, session: PlaySession, track: string, plan: SegmentPlan): void {
    const { duration: seconds, size } = plan;
    watchDemand(this.#exchange.response, this.#options.demand, { packaged, session, track, seconds, size });
  }

  async #sendSegment(etag: string, source: OriginalSource, plan: SegmentPlan): Promise<void> {
    await source.expect?.(...stretchOf(plan));
    const gathered = plan.size <= GATHER_UP_TO || plan.rewrite !== undefined;
    const bytes = gathered ? await readSegment(source, plan) : undefined;
    countShortLived(bytes?.length ?? 0);
    if (!this.#head(etag, plan.size)) return;
    if (bytes) this.#exchange.response.end(bytes);
    else await this.#passThrough(source, plan);
  }

  /** Writes the head of an immutable piece; false when that is the whole answer. */
  #head(etag: string, length: number): boolean {
    const { request, response } = this.#exchange;
    const headers = { etag, 'cache-control': 'private, max-age=31536000, immutable' };
    if (isUnchanged(request.headers, etag)) {
      response.writeHead(304, headers).end();
      return false;
    }
    response.writeHead(200, { ...headers, 'content-type': 'video/mp4', 'content-length': length });
    if (request.method === 'HEAD') response.end();
    return request.method !== 'HEAD';
  }

  async #passThrough(source: OriginalSource, plan: SegmentPlan): Promise<void> {
    const { response } = this.#exchange;
    const write = (chunk: Uint8Array) => writeChunk(response, chunk);
    await write(plan.header);
    for (const { offset, length } of plan.ranges) await source.stream(offset, offset + length, write);
    response.end();
  }

  /** The whole video as a plain MP4; what has not arrived yet is sent as soon as it has. */
  async #progressive(session: PlaySession): Promise<void> {
    const packaged = await this.#options.playback.packaged(session);
    if (!hasPlainFile(packaged)) throw new Problem('not_found');
    const { header, body, size } = packaged.progressive();
    const { response } = this.#exchange;
    await sendBytes(this.#exchange, {
      size,
      type: 'video/mp4',
      etag: `"${session.videoId}-mp4"`,
      cacheControl: 'private, no-cache',
      async stream(start, end, write) {
        if (start < header.length) await write(header.subarray(start, end));
        const shift = body.offset - header.length;
        if (end > header.length)
          await streamAsItArrives(packaged, Math.max(start, header.length) + shift, end + shift, {
            ...{ write, isGone: () => response.destroyed },
          });
      },
    });
  }
}

/** Sound that is passed on as it is to those few browsers that play it: `d0`, `d1`…, not while it arrives. */
function dolbyOf(packaged: Packaged, name: string): PresentedSound | undefined {
  const track = /^d(\d{1,4})$/.exec(name)?.[1];
  return track === undefined || packaged.arrived ? undefined : packaged.dolby(Number(track));
}

function renamed(track: PresentedTrack, id: string): ListedTrack {
  const { segmentCount, targetDuration, independent } = track;
  return { id, segmentCount, targetDuration, independent, segmentStart: (n) => track.segmentStart(n) };
}

/** How many segments of a track are there. Throws `not_found` for a track that is not. */
function segmentsWithin({ tracks }: Presentation, id: string, bytes: number): number {
  const track = tracks.find((candidate) => candidate.id === id);
  if (!track) throw new Problem('not_found');
  return track.segmentsWithin(bytes);
}

/** The stretch of the original that a segment lies in: where to begin, and where to end. */
function stretchOf({ ranges }: SegmentPlan): [number, number] {
  const starts = ranges.map(({ offset }) => offset);
  const ends = ranges.map(({ offset, length }) => offset + length);
  return [Math.min(...starts), Math.max(...ends)];
}
