import { join } from 'node:path';
import { controlApi, createClient, type MediaConfig, Problem } from '@ptsdly/contract';
import {
  type Address,
  createVerifier,
  issuers,
  type Logger,
  Metrics,
  reach,
  type Service,
} from '@ptsdly/kit';
import { createMediaApp } from './app.ts';
import { type MediaDatabase, openMediaDatabase, type VideoRow } from './database.ts';
import { createByteRouter } from './exchange.ts';
import { createGatekeeper, ownerOnly } from './gatekeeper.ts';
import { Deliveries } from './host/deliveries.ts';
import { openHostTranscoder } from './host/host-transcoder.ts';
import { Idleness } from './host/idleness.ts';
import { MoveReports } from './host/move-reports.ts';
import { News } from './host/news.ts';
import { Imports } from './imports/imports.ts';
import { Indexer } from './indexing/indexer.ts';
import { JobStore } from './jobs/job-store.ts';
import { Jobs } from './jobs/jobs.ts';
import { Bulk } from './library/bulk.ts';
import { Catalogue } from './library/catalogue.ts';
import { Changes } from './library/changes.ts';
import { Folders } from './library/folders.ts';
import { Journal } from './library/journal.ts';
import { Library } from './library/library.ts';
import { libraryEventRoutes } from './library/library-events.ts';
import type { LibraryParts } from './library/library-handlers.ts';
import { objectsOf } from './library/object-names.ts';
import { Replacements } from './library/replacements.ts';
import { Trash } from './library/trash.ts';
import { videoRoutes } from './library/video-routes.ts';
import { pictureRoutes } from './pictures/picture-routes.ts';
import { Pictures } from './pictures/pictures.ts';
import { OpenResponses } from './playback/open-responses.ts';
import { Playback } from './playback/playback.ts';
import { Presentations } from './playback/presentations.ts';
import { Rights, readSetting, writeSetting } from './playback/rights.ts';
import { SessionNews } from './playback/session-news.ts';
import { sessionRoutes } from './playback/session-routes.ts';
import { SessionTokens } from './playback/session-token.ts';
import { recover } from './recovery.ts';
import { Background } from './renditions/background.ts';
import { WorkFolder } from './renditions/work-folder.ts';
import { openPlaced } from './storage/placing.ts';
import { subtitleRoutes } from './subtitles/subtitle-routes.ts';
import { Subtitles } from './subtitles/subtitles.ts';
import type { Transcoder } from './transcoder.ts';
import { Arrivals } from './uploads/arrivals.ts';
import { Ingest } from './uploads/ingest.ts';
import { Spool } from './uploads/spool.ts';
import { uploadRoutes } from './uploads/upload-routes.ts';
import { Uploads } from './uploads/uploads.ts';

export interface MediaOptions extends MediaConfig {
  /** The host's control API: JWKS, event feeds, usage, cards. */
  readonly control: Address;
  readonly log: Logger;
  /** Module to start as the index thread; the program's own file. */
  readonly workerUrl?: URL;
  /** Runs ffmpeg; that of the host when absent. */
  readonly transcoder?: Transcoder;
  /** Make what browsers cannot play into what they can, and renditions. */
  readonly converts?: boolean;
  /** Measure the process too; for the one that runs nothing else. */
  readonly processMetrics?: boolean;
}

export interface MediaService extends Service {
  /** Ends the event streams, which would keep a listener from draining. */
  quiesce(): void;
}

/** Beside this module where nothing is bundled. */
const OWN_PROGRAM = './main.ts';
const SWEEP_MS = 3_600_000;

/**
 * One subscriber's media server (DESIGN §5). Rejects with a plain error when its database or storage cannot be
 * opened.
 */
export async function openMedia(options: MediaOptions): Promise<MediaService> {
  const { serverId, ownerId, basePath, quotaBytes, control, log } = options;
  const audience = `server:${serverId}`;
  const url = (options.publicUrl ?? '').replace(/\/$/, '') + basePath;
  const metrics = new Metrics('media', { process: options.processMetrics ?? false });
  const host = createClient(controlApi, reach(control));

  const db = await openMediaDatabase(options.databaseUrl);
  const moves = new MoveReports(host, log);
  const storage = await openPlaced({ ...options, db, onLeft: (left) => moves.tell(left) });
  const spool = new Spool(join(options.folder, 'spool'));
  const responses = new OpenResponses();
  const rights = await Rights.load({ db, responses, serverId, ownerId });
  const news = new News({ control, serverId, db, rights, log });

  const received = (id: string) => spool.length(id);
  const playableUntil = (id: string) => arrivals.playableUntil(id);
  const changes = new Changes();
  const journal = new Journal({
    db,
    onNews: () => deliveries.ring(),
    onTouched: (touched) => changes.publishAll(touched),
  });
  const library = new Library({
    ...{ journal, quotaBytes, url, received, playableUntil },
    jobs: (id) => jobs.of(id),
  });
  const subtitles = new Subtitles({ journal, url });
  const presentations = new Presentations(storage);
  const indexer = new Indexer(options.workerUrl ?? new URL(OWN_PROGRAM, import.meta.url), log);
  const onGrown = (row: VideoRow) => row.replaces || posters.grown(row);
  const arrivals = new Arrivals({ library, storage, spool, indexer, onGrown, log });
  const transcoder = options.transcoder ?? openHostTranscoder(control);
  const pictures = new Pictures({
    ...{ folder: options.folder, library, storage, spool, presentations, transcoder, log },
    arriving: (id) => arrivals.known(id),
    queue: (id, specs) => jobs.add(id, specs),
  });
  const sessionNews = new SessionNews();
  const prepare = (row: VideoRow, index: Uint8Array) => {
    presentations.put(row, index);
    return Promise.all([row.width !== null && pictures.want(row.id), background.plan(row)]);
  };
  const onPlayable = (row: VideoRow, index: Uint8Array) => {
    const done = row.replaces ? replacements.take(row.id) : prepare(row, index);
    done.catch((err: unknown) =>
      log.error({ err, videoId: row.id }, 'what a video needs could not be begun'),
    );
  };
  const background = new Background({
    ...{ db, library, storage, spool, indexer, presentations, log, onPlayable },
    folder: options.folder,
    work: new WorkFolder(options.folder),
    transcoder: options.converts ? transcoder : undefined,
    jobs: () => jobs,
    onReady: ({ video, name }) => sessionNews.publish(video, 'renditions', { name }),
  });
  const jobs = new Jobs({
    store: new JobStore(db),
    kinds: [...pictures.kinds, ...background.kinds],
    find: (id) => library.find(id),
    onChange: (id) => changes.publish({ type: 'video', id }),
    log,
  });
  const { posters } = pictures;
  const ingest = new Ingest({
    ...{ library, storage, spool, indexer, arrivals, log, onPlayable },
    onUnreadable: (id, start) => background.importUnread(id, start),
  });
  const onRemoved = async (row: VideoRow) => {
    const { id } = row;
    await background.forget(id);
    responses.end('deleted', ({ videoId }) => videoId === id);
    presentations.forget(id);
    arrivals.forget(id);
    for (const name of objectsOf(row)) await storage.remove(name);
    await spool.remove(id);
  };
  const uploads = new Uploads({ library, spool, ingest, indexer, arrivals, onRemoved });
  const imports = new Imports({ db, library, uploads, control, log });
  const poster = (id: string) => posters.base64(id);
  const deliveries = new Deliveries({ db, host, library, poster, log });

  const deleteVideo = async (id: string) => {
    await library.require(id);
    await uploads.exclusively(id, async () => {
      const row = await library.remove(id);
      if (!row) throw new Problem('not_found');
      await onRemoved(row);
    });
    await replacements.forget(id);
  };
  const replacements = new Replacements({
    ...{ journal, library, storage, presentations, background, prepare, log },
    exclusively: (id, work) => uploads.exclusively(id, work),
    remove: deleteVideo,
    reindex: (id) => ingest.reindex(id),
    onReplaced: (id) => sessionNews.publish(id, 'replaced'),
  });
  const trash = await Trash.load({
    ...{ journal, deleteVideo },
    onPutAway: (ids) => void responses.end('trashed', ({ videoId }) => ids.has(videoId)),
  });

  const keys = (issuer: 'identity' | 'links') => () => host.jwks({ params: { issuer } });
  const callers = ownerOnly(createVerifier(issuers.identity, keys('identity')), ownerId, rights);
  const gatekeeper = createGatekeeper(callers, audience);
  const grants = createVerifier(issuers.links, keys('links'));
  const tokens = new SessionTokens(await sessionKey(db));
  const playback = new Playback({
    ...{
      audience,
      url,
      library,
      trash,
      subtitles,
      ingest,
      presentations,
      arrivals,
      rights,
      news,
      tokens,
      grants,
      background,
    },
    isMaking: (id, kind) => jobs.isPending(id, kind),
  });
  const parts: LibraryParts = {
    ...{ journal, library, trash, subtitles, replacements, quotaBytes, url },
    catalogue: new Catalogue({ db, subtitles: subtitles.search, describe: (row) => library.describe(row) }),
    folders: new Folders(journal),
    bulk: new Bulk({ journal, trash, deleteVideo }),
    packaged: (row) => presentations.get(row),
    renditions: background.renditions,
  };
  const ready = async () => {
    if (!news.current) throw new Problem('unavailable', { retryAfter: 1 });
  };
  const health = { serverId, generation: options.generation };
  const app = createMediaApp({
    ...{
      audience,
      log,
      metrics,
      callers,
      ready,
      health,
      basePath,
      imports,
      jobs,
      playback,
      deleteVideo,
      background,
    },
    library: parts,
  });
  const idleness = new Idleness({
    idleMs: (options.idleSeconds ?? 0) * 1000,
    isBusy: () => jobs.isBusy || imports.isBusy || moves.isMoving,
    nextDueAt: () => jobs.nextDueAt,
    askForSleep: (due) => host.sleep({ body: { nextDueAt: due?.toISOString() ?? null } }),
    log,
  });
  const serveBytes = createByteRouter({
    ...{ basePath, log, metrics },
    routes: [
      ...uploadRoutes({
        ...{ basePath, quotaBytes, gatekeeper, uploads, posters, arrivals },
        supersede: (id) => replacements.supersede(id),
      }),
      ...libraryEventRoutes({ gatekeeper, library, changes, responses }),
      ...videoRoutes({
        ...{ gatekeeper, library, storage, responses, renditions: background.renditions },
        packaged: (row) => presentations.get(row),
      }),
      ...pictureRoutes({ gatekeeper, library, storage, responses, pictures }),
      ...subtitleRoutes({ gatekeeper, subtitles }),
      ...sessionRoutes({
        ...{ playback, subtitles, storage, responses, news: sessionNews },
        renditions: background.renditions,
      }),
    ],
  });

  await background.clean();
  await jobs.start();
  idleness.start();
  deliveries.start();
  const closing = new AbortController();
  const tidy = () =>
    Promise.all([uploads.sweep(), rights.prune(), trash.sweep(), replacements.sweep()]).catch(
      (err: unknown) => log.warn({ err }, 'sweeping failed'),
    );
  const recovering = recover({ library, storage, spool, ingest, uploads, log }).then(async () => {
    await imports.resume();
    await tidy(); // a server that sleeps much may never be awake for an hour
    await background
      .catchUp(closing.signal)
      .catch((err: unknown) => log.error({ err }, 'planning did not finish'));
  });
  const sweep = setInterval(() => void tidy(), SWEEP_MS).unref();
  return {
    name: 'media',
    fetch: async (request) => app.fetch(request),
    raw: (request, response) => {
      idleness.watch(request, response);
      return serveBytes(request, response);
    },
    quiesce: () => responses.endStreams(idleness.isAsleep ? 'asleep' : 'closing'),
    async close() {
      clearInterval(sweep);
      idleness.close();
      closing.abort();
      responses.close();
      await imports.close();
      await news.close();
      await recovering;
      await jobs.close();
      await ingest.close();
      await arrivals.close();
      await posters.close();
      await deliveries.close();
      await indexer.close();
      await spool.close();
      await storage.close();
      await moves.close();
      await db.destroy();
    },
  };
}

const SESSION_KEY = 'session-key';

/** The key of this server's play sessions, made once. */
async function sessionKey(db: MediaDatabase): Promise<Buffer> {
  const kept = await readSetting(db, SESSION_KEY);
  if (kept) return Buffer.from(kept, 'base64');
  const key = SessionTokens.newKey();
  await writeSetting(db, SESSION_KEY, key.toString('base64'));
  return key;
}
