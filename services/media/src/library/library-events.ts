import type { ServerResponse } from 'node:http';
import type { LibraryEvent } from '@ptsdly/contract';
import type { ByteHandler, ByteRoute } from '../exchange.ts';
import type { Gatekeeper } from '../gatekeeper.ts';
import type { OpenResponses } from '../playback/open-responses.ts';
import type { Changes, LibraryChange } from './changes.ts';
import type { Library } from './library.ts';

export interface LibraryEventsOptions {
  readonly gatekeeper: Gatekeeper;
  readonly library: Library;
  readonly changes: Changes;
  readonly responses: OpenResponses;
}

const HEARTBEAT_MS = 15_000;
/** Changes of one video within this time are told once, as it is at the end of it. */
const GATHER_MS = 250;
/** A reader comes back with a fresh token after this. */
const LIFE_MS = 3_600_000;

/** The owner's event stream (HTML Living Standard §9.2): each change of the library as a `LibraryEvent`. */
export function libraryEventRoutes(options: LibraryEventsOptions): ByteRoute[] {
  const open: ByteHandler = async ({ request, response }) => {
    const { sid } = await options.gatekeeper(request);
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    const stream = new LibraryStream(options.library, response);
    response.once(
      'close',
      options.changes.listen((change) => stream.tell(change)),
    );
    const showing = { videoId: '', link: null, sid, expiresAt: Date.now() + LIFE_MS };
    options.responses.add(showing, response, (reason) => {
      response.end(reason === 'asleep' ? asText({ type: 'asleep' }) : undefined);
    });
  };
  return [{ template: '/events', pattern: /^\/events$/, methods: { GET: open } }];
}

/** One reader. However slow it is, no more than one change of each video waits for it. */
class LibraryStream {
  readonly #library: Library;
  readonly #response: ServerResponse;
  readonly #waiting = new Map<string, LibraryChange>();
  #timer: NodeJS.Timeout | undefined;

  constructor(library: Library, response: ServerResponse) {
    this.#library = library;
    this.#response = response;
    this.#send({ type: 'ready' });
    const heartbeat = setInterval(() => response.write(': \n\n'), HEARTBEAT_MS).unref();
    response.once('close', () => {
      clearInterval(heartbeat);
      clearTimeout(this.#timer);
    });
  }

  tell(change: LibraryChange): void {
    const key = change.type === 'library' ? '' : change.id;
    this.#waiting.delete(key);
    this.#waiting.set(key, change);
    this.#timer ??= setTimeout(() => void this.#flush(), GATHER_MS);
  }

  async #flush(): Promise<void> {
    const changes = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const change of changes) {
      const event = await this.#event(change).catch(() => undefined);
      if (this.#response.destroyed || this.#response.writableEnded) return;
      if (event && !this.#send(event)) await drained(this.#response);
    }
    this.#timer = undefined;
    if (this.#waiting.size > 0) this.#timer = setTimeout(() => void this.#flush(), GATHER_MS);
  }

  async #event(change: LibraryChange): Promise<LibraryEvent | undefined> {
    if (change.type !== 'video') return change;
    const found = await this.#library.find(change.id);
    // what becomes of a file that is to replace another shows in the video that it is for
    const row = found?.replaces ? await this.#library.find(found.replaces) : found;
    return row && { type: 'video', video: this.#library.describe(row) };
  }

  /** False when the reader does not keep up. */
  #send(event: LibraryEvent): boolean {
    return this.#response.write(asText(event));
  }
}

const asText = (event: LibraryEvent) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    response.once('drain', resolve);
    response.once('close', resolve);
  });
}
