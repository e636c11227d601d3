import type { VideoRow } from '../database.ts';
import { JobStore } from '../jobs/job-store.ts';
import { Jobs } from '../jobs/jobs.ts';
import { Pictures } from '../pictures/pictures.ts';
import { SessionNews } from '../playback/session-news.ts';
import { Background } from '../renditions/background.ts';
import { Demand } from '../renditions/demand.ts';
import { WorkFolder } from '../renditions/work-folder.ts';
import { Arrivals } from '../uploads/arrivals.ts';
import { Ingest } from '../uploads/ingest.ts';
import type { Foundation } from './foundation.ts';
import type { Shelves } from './shelves.ts';

/** What makes a file playable, and better in the background. */
export interface Engine {
  readonly arrivals: Arrivals;
  readonly pictures: Pictures;
  readonly sessionNews: SessionNews;
  readonly background: Background;
  readonly jobs: Jobs;
  readonly demand: Demand;
  readonly ingest: Ingest;
  /** Has everything made that a video needs, of an index that has just come. */
  readonly prepare: (row: VideoRow, index: Uint8Array) => Promise<unknown>;
}

/** `onReplacement` is called when a file that is to replace another one has its index. */
export function openEngine(
  foundation: Foundation,
  { library, changes }: Shelves,
  onReplacement: (id: string) => Promise<void>,
): Engine {
  const { options, db, storage, spool, indexer, presentations, transcoder, log } = foundation;
  const { folder } = options;
  const onGrown = (row: VideoRow) => {
    if (row.replaces) return;
    pictures.posters.grown(row);
    changes.grown(row.id);
  };
  const arrivals = new Arrivals({ library, storage, spool, indexer, onGrown, log });
  const pictures = new Pictures({
    ...{ folder, library, storage, spool, presentations, transcoder, log },
    arriving: (id) => arrivals.known(id),
    drawnFrom: (id, packaged) => background.drawnFrom(id, packaged),
    queue: (id, specs) => jobs.add(id, specs),
  });
  const sessionNews = new SessionNews();
  const prepare = (row: VideoRow, index: Uint8Array) => {
    const isSame = row.movie !== null && arrivals.kept(row.id) === row.movie;
    presentations.put(row, index, isSame ? arrivals.known(row.id) : undefined);
    return background.plan(row);
  };
  const onPlayable = (row: VideoRow, index: Uint8Array) => {
    const done = row.replaces ? onReplacement(row.id) : prepare(row, index);
    done.catch((err: unknown) =>
      log.error({ err, videoId: row.id }, 'what a video needs could not be begun'),
    );
  };
  const background = new Background({
    ...{ db, folder, library, storage, spool, indexer, presentations, log, onPlayable },
    work: new WorkFolder(folder),
    transcoder: options.converts ? transcoder : undefined,
    draw: (id) => pictures.want(id),
    jobs: () => jobs,
    demand: () => demand,
    onReady: ({ video, name }) => sessionNews.publish(video, 'renditions', { name }),
  });
  const jobs = new Jobs({
    store: new JobStore(db),
    kinds: [...pictures.kinds, ...background.kinds],
    find: (id) => library.find(id),
    onChange: (id) => changes.publish({ type: 'video', id }),
    log,
  });
  const ingest = new Ingest({
    ...{ library, storage, spool, indexer, arrivals, log, onPlayable },
    onUnreadable: (id, start, code) => background.importUnread(id, start, code),
  });
  const plan = async (id: string, lines: number) => {
    const row = options.converts && (await library.find(id));
    if (row) await background.ask(row, lines);
  };
  const demand = new Demand({ db, plan, log });
  return { demand, arrivals, pictures, sessionNews, background, jobs, ingest, prepare };
}
