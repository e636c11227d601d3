import { join } from 'node:path';
import { type Client, controlApi, createClient } from '@ptsdly/contract';
import { type Logger, Metrics } from '@ptsdly/kit';
import { type MediaDatabase, openMediaDatabase } from '../database.ts';
import { Allowance } from '../host/allowance.ts';
import { type ControlLine, reachHost } from '../host/control-line.ts';
import { openHostTranscoder } from '../host/host-transcoder.ts';
import { MoveReports } from '../host/move-reports.ts';
import { News } from '../host/news.ts';
import { Indexer } from '../indexing/indexer.ts';
import type { MediaOptions } from '../options.ts';
import { OpenResponses } from '../playback/open-responses.ts';
import { Presentations } from '../playback/presentations.ts';
import { Rights } from '../playback/rights.ts';
import type { KeySource } from '../storage/keys.ts';
import { openPlaced } from '../storage/placing.ts';
import type { LocalStorage } from '../storage/storage.ts';
import type { Transcoder } from '../transcoder.ts';
import { Spool } from '../uploads/spool.ts';

/** What everything in a media server stands on: its stores, its host, its index thread, and who may see what. */
export interface Foundation {
  readonly options: MediaOptions;
  readonly log: Logger;
  /** Who the tokens for this server are made out to. */
  readonly audience: string;
  /** URL of this server. */
  readonly url: string;
  readonly metrics: Metrics;
  /** The way to the host. */
  readonly control: ControlLine;
  readonly host: Client<typeof controlApi>;
  readonly db: MediaDatabase;
  readonly moves: MoveReports;
  readonly storage: LocalStorage;
  readonly spool: Spool;
  readonly responses: OpenResponses;
  readonly rights: Rights;
  readonly allowance: Allowance;
  readonly news: News;
  readonly indexer: Indexer;
  readonly presentations: Presentations;
  readonly transcoder: Transcoder;
}

/** Beside the module that is the program, where nothing is bundled. */
const OWN_PROGRAM = '../main.ts';

/** Rejects with a plain error when the database or the storage cannot be opened. */
export async function openFoundation(options: MediaOptions): Promise<Foundation> {
  const { serverId, ownerId, log } = options;
  const control: ControlLine = { address: options.control, token: options.controlToken };
  const host = createClient(controlApi, reachHost(control));
  const db = await openMediaDatabase(options.databaseUrl);
  const moves = new MoveReports(host, log);
  const storage = await openPlaced({
    ...{ ...options, db },
    onLeft: (left) => moves.tell(left),
    lent: options.lentKeys ? keysFrom(host) : undefined,
  });
  const responses = new OpenResponses();
  const rights = await Rights.load({ db, responses, serverId, ownerId });
  return {
    ...{ options, log, control, host, db, moves, storage, responses, rights },
    allowance: new Allowance({ host, log }),
    audience: `server:${serverId}`,
    url: (options.publicUrl ?? '').replace(/\/$/, '') + options.basePath,
    metrics: new Metrics('media', { process: options.processMetrics ?? false }),
    spool: new Spool(join(options.folder, 'spool')),
    news: new News({ control, serverId, db, rights, responses, log }),
    indexer: new Indexer(options.workerUrl ?? new URL(OWN_PROGRAM, import.meta.url), log),
    presentations: new Presentations(storage),
    transcoder: options.transcoder ?? openHostTranscoder(control),
  };
}

/** The SDK asks again some minutes before they expire. */
function keysFrom(host: Client<typeof controlApi>): KeySource {
  return async () => {
    const { expiresAt, ...keys } = await host.storageKeys({});
    return { ...keys, expiration: new Date(expiresAt) };
  };
}
