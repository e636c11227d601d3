import { Idleness } from '../host/idleness.ts';
import { recover } from '../recovery.ts';
import type { Parts } from './doors.ts';

const SWEEP_MS = 3_600_000;

/** A media server that is awake. */
export interface Life {
  readonly idleness: Idleness;
  close(): Promise<void>;
}

/** Begins what goes on by itself: jobs, news for the host, recovery, sweeping, and the wish to sleep. */
export async function beginLife(parts: Parts): Promise<Life> {
  const { background, jobs, deliveries, allowance } = parts;
  const idleness = idlenessOf(parts);
  await background.clean();
  await jobs.start();
  idleness.start();
  await allowance.start();
  deliveries.start();
  const closing = new AbortController();
  const recovering = recoverAll(parts, closing.signal);
  const sweep = setInterval(() => void tidy(parts), SWEEP_MS).unref();
  return {
    idleness,
    async close() {
      clearInterval(sweep);
      idleness.close();
      closing.abort();
      await closeAll(parts, recovering);
    },
  };
}

function idlenessOf({ options, jobs, imports, moves, host, log }: Parts): Idleness {
  return new Idleness({
    idleMs: (options.idleSeconds ?? 0) * 1000,
    isBusy: () => jobs.isBusy || imports.isBusy || moves.isMoving,
    nextDueAt: () => jobs.nextDueAt,
    askForSleep: (due) => host.sleep({ body: { nextDueAt: due?.toISOString() ?? null } }),
    log,
  });
}

async function recoverAll(parts: Parts, signal: AbortSignal): Promise<void> {
  const { imports, background, log } = parts;
  await recover(parts);
  await imports.resume();
  await tidy(parts); // a server that sleeps much may never be awake for an hour
  await background.catchUp(signal).catch((err: unknown) => log.error({ err }, 'planning did not finish'));
}

async function tidy({ uploads, rights, trash, replacements, demand, log }: Parts): Promise<void> {
  const sweeps = [uploads.sweep(), rights.prune(), trash.sweep(), replacements.sweep(), demand.prune()];
  await Promise.all(sweeps).catch((err: unknown) => log.warn({ err }, 'sweeping failed'));
}

/** In the reverse order of what stands on what. */
async function closeAll(parts: Parts, recovering: Promise<void>): Promise<void> {
  const { responses, imports, news, jobs, ingest, arrivals, pictures, deliveries, demand } = parts;
  const { indexer, spool, storage, moves, allowance, db } = parts;
  responses.close();
  await imports.close();
  await news.close();
  await recovering;
  await demand.settled();
  await jobs.close();
  await ingest.close();
  await arrivals.close();
  await pictures.posters.close();
  await deliveries.close();
  await allowance.close();
  await indexer.close();
  await spool.close();
  await storage.close();
  await moves.close();
  await db.destroy();
}
