import type { Service } from '@ptsdly/kit';
import { openDoors } from './assembly/doors.ts';
import { openEngine } from './assembly/engine.ts';
import { openFoundation } from './assembly/foundation.ts';
import { openIntake } from './assembly/intake.ts';
import { beginLife } from './assembly/life.ts';
import { openShelves } from './assembly/shelves.ts';
import { openViewing } from './assembly/viewing.ts';
import type { MediaOptions } from './options.ts';

/** Milliseconds in which a piece of an upload is done, or long enough to be sent again from where it is. */
const LAST_BYTES_MS = 1000;

export interface MediaService extends Service {
  /** Ends what would keep a listener from draining: event streams, and soon the bodies of long uploads. */
  quiesce(): void;
}

/**
 * One subscriber's media server (DESIGN §5). Rejects with a plain error when its database or storage cannot be
 * opened.
 */
export async function openMedia(options: MediaOptions): Promise<MediaService> {
  const foundation = await openFoundation(options);
  const shelves = openShelves(foundation, {
    playableUntil: (id) => engine.arrivals.playableUntil(id),
    jobs: (id) => engine.jobs.of(id),
    onNews: () => intake.deliveries.ring(),
  });
  const engine = openEngine(foundation, shelves, (id) => intake.replacements.take(id));
  const intake = await openIntake(foundation, shelves, engine);
  const viewing = await openViewing(foundation, shelves, engine, intake);
  const parts = { ...foundation, ...shelves, ...engine, ...intake, ...viewing };
  const doors = openDoors(parts);
  const { idleness, close } = await beginLife(parts);
  return {
    name: 'media',
    fetch: doors.fetch,
    raw: (request, response) => {
      idleness.watch(request, response);
      foundation.allowance.watch(request, response);
      return doors.raw(request, response);
    },
    quiesce() {
      foundation.responses.endStreams(idleness.isAsleep ? 'asleep' : 'closing');
      intake.uploads.leave(LAST_BYTES_MS);
    },
    close,
  };
}
