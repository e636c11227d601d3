import { Problem } from '@ptsdly/contract';
import type { Service } from '@ptsdly/kit';
import { createMediaApp } from '../app.ts';
import type { VideoRow } from '../database.ts';
import { createByteRouter } from '../exchange.ts';
import { createFrameGate, createGatekeeper } from '../gatekeeper.ts';
import { Bulk } from '../library/bulk.ts';
import { Catalogue } from '../library/catalogue.ts';
import { Folders } from '../library/folders.ts';
import { libraryEventRoutes } from '../library/library-events.ts';
import type { LibraryParts } from '../library/library-handlers.ts';
import { videoRoutes } from '../library/video-routes.ts';
import { pictureRoutes } from '../pictures/picture-routes.ts';
import { sessionRoutes } from '../playback/session-routes.ts';
import { subtitleRoutes } from '../subtitles/subtitle-routes.ts';
import { uploadRoutes } from '../uploads/upload-routes.ts';
import type { Engine } from './engine.ts';
import type { Foundation } from './foundation.ts';
import type { Intake } from './intake.ts';
import type { Shelves } from './shelves.ts';
import type { Viewing } from './viewing.ts';

/** All that a media server is made of. */
export interface Parts extends Foundation, Shelves, Engine, Intake, Viewing {}

/** The ways in: the JSON surface, and the paths on which bytes are streamed. */
export type Doors = Required<Pick<Service, 'fetch' | 'raw'>>;

export function openDoors(parts: Parts): Doors {
  const { options, audience, log, metrics, callers, news } = parts;
  const { imports, jobs, playback, deleteVideo, background, allowance } = parts;
  const { basePath } = options;
  const app = createMediaApp({
    ...{
      audience,
      log,
      metrics,
      callers,
      basePath,
      imports,
      allowance,
      jobs,
      playback,
      deleteVideo,
      background,
    },
    async ready() {
      if (!news.current) throw new Problem('unavailable', { retryAfter: 1 });
    },
    health: { serverId: options.serverId, generation: options.generation },
    library: libraryParts(parts),
  });
  const raw = createByteRouter({ basePath, log, metrics, routes: byteRoutes(parts) });
  return { fetch: async (request) => app.fetch(request), raw };
}

function libraryParts(parts: Parts): LibraryParts {
  const { db, options, url, journal, library, trash, subtitles, deleteVideo, presentations } = parts;
  const { replacements, background } = parts;
  return {
    ...{
      journal,
      library,
      trash,
      subtitles,
      replacements,
      storage: parts.storage,
      url,
      quotaBytes: options.quotaBytes,
    },
    catalogue: new Catalogue({ db, subtitles: subtitles.search, describe: (row) => library.describe(row) }),
    folders: new Folders(journal),
    bulk: new Bulk({ journal, trash, deleteVideo }),
    packaged: (row) => presentations.get(row),
    renditions: background.renditions,
  };
}

function byteRoutes(parts: Parts) {
  const { options, audience, callers, grants, library, changes, subtitles, storage, responses, allowance } =
    parts;
  const { uploads, arrivals, pictures, playback, background, demand, sessionNews } = parts;
  const { presentations, replacements } = parts;
  const { basePath, quotaBytes } = options;
  const { posters } = pictures;
  const { renditions } = background;
  const packaged = (row: VideoRow) => presentations.get(row);
  const supersede = (id: string) => replacements.supersede(id);
  const gatekeeper = createGatekeeper(callers, audience);
  const frameGate = createFrameGate(gatekeeper, grants, audience);
  return [
    ...uploadRoutes({
      ...{ basePath, quotaBytes, gatekeeper, uploads, allowance, posters, arrivals, supersede },
    }),
    ...libraryEventRoutes({ gatekeeper, library, changes, responses }),
    ...videoRoutes({ gatekeeper, library, storage, responses, renditions, packaged }),
    ...pictureRoutes({ gatekeeper, frameGate, library, storage, responses, pictures }),
    ...subtitleRoutes({ gatekeeper, subtitles }),
    ...sessionRoutes({ playback, subtitles, storage, responses, renditions, demand, news: sessionNews }),
  ];
}
