import { libraryApi, mediaApi } from '@ptsdly/contract';
import { type AppOptions, createApp, mount } from '@ptsdly/kit';
import type { Hono } from 'hono';
import type { Allowance } from './host/allowance.ts';
import type { Imports } from './imports/imports.ts';
import type { Jobs } from './jobs/jobs.ts';
import { type LibraryParts, libraryHandlers, videoHandlers } from './library/library-handlers.ts';
import type { Playback } from './playback/playback.ts';
import type { Background } from './renditions/background.ts';

export interface MediaAppOptions extends AppOptions {
  readonly basePath: string;
  readonly library: LibraryParts;
  readonly jobs: Jobs;
  readonly background: Background;
  readonly playback: Playback;
  readonly imports: Imports;
  readonly allowance: Allowance;
  readonly deleteVideo: (id: string) => Promise<void>;
}

/** The JSON surface of a media server. */
export function createMediaApp(options: MediaAppOptions): Hono {
  const { library, imports, allowance, jobs, playback } = options;
  const app = createApp(options);
  const handlers: Parameters<typeof mount<typeof mediaApi>>[2] = {
    ...videoHandlers(library),
    deleteVideo: async ({ params }) => {
      await options.deleteVideo(params.id);
      return undefined;
    },
    importVideo: async ({ body }) => {
      allowance.takeIn();
      return library.library.describe(await imports.begin(body.url, body.title));
    },
    listJobs: async ({ params }) => {
      await library.library.require(params.id);
      return { items: await jobs.all(params.id) };
    },
    retryJob: ({ params }) => jobs.retry(params.id, params.job),
    cancelJob: ({ params }) => jobs.cancel(params.id, params.job),
    askRendition: async ({ params, body }) => {
      await options.background.ask(await library.library.require(params.id), body.height);
      return { items: await jobs.all(params.id) };
    },
    playOwn: ({ params, caller }) => playback.openOwn(params.id, caller),
    playGrant: ({ body }) => playback.openGrant(body.grant),
  };
  const server = app.basePath(options.basePath) as Hono;
  mount(server, libraryApi, libraryHandlers(library), options); // first: its paths are the more particular ones
  mount(server, mediaApi, handlers, options);
  return app;
}
