import { Problem } from '@ptsdly/contract';
import type { VideoRow } from '../database.ts';
import { Deliveries } from '../host/deliveries.ts';
import { Imports } from '../imports/imports.ts';
import { objectsOf } from '../library/object-names.ts';
import { Replacements } from '../library/replacements.ts';
import { Trash } from '../library/trash.ts';
import { Uploads } from '../uploads/uploads.ts';
import type { Engine } from './engine.ts';
import type { Foundation } from './foundation.ts';
import type { Shelves } from './shelves.ts';

/** How videos come in and go out, and how the host is told. */
export interface Intake {
  readonly uploads: Uploads;
  readonly imports: Imports;
  readonly deliveries: Deliveries;
  readonly trash: Trash;
  readonly replacements: Replacements;
  /** For good. Rejects with `not_found`. */
  readonly deleteVideo: (id: string) => Promise<void>;
}

export async function openIntake(foundation: Foundation, shelves: Shelves, engine: Engine): Promise<Intake> {
  const { control, db, spool, indexer, responses, host, log } = foundation;
  const { journal, library } = shelves;
  const { ingest, arrivals, pictures } = engine;
  const onRemoved = remover(foundation, engine);
  const uploads = new Uploads({ library, spool, ingest, indexer, arrivals, onRemoved });
  const imports = new Imports({ db, library, uploads, control, log });
  const poster = (id: string) => pictures.posters.base64(id);
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
    ...{ journal, library, log },
    ...{ storage: foundation.storage, presentations: foundation.presentations },
    ...{ background: engine.background, prepare: engine.prepare },
    exclusively: (id, work) => uploads.exclusively(id, work),
    remove: deleteVideo,
    reindex: (id) => ingest.reindex(id),
    onReplaced: (id) => engine.sessionNews.publish(id, 'replaced'),
  });
  const trash = await Trash.load({
    ...{ journal, deleteVideo },
    onPutAway: (ids) => void responses.end('trashed', ({ videoId }) => ids.has(videoId)),
  });
  return { uploads, imports, deliveries, trash, replacements, deleteVideo };
}

/** Takes away all that there is of a video whose row is gone. */
function remover({ responses, presentations, storage, spool }: Foundation, engine: Engine) {
  const { background, arrivals } = engine;
  return async (row: VideoRow) => {
    const { id } = row;
    await background.forget(id);
    responses.end('deleted', ({ videoId }) => videoId === id);
    presentations.forget(id);
    arrivals.forget(id);
    for (const name of objectsOf(row)) await storage.remove(name);
    await spool.remove(id);
  };
}
