import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newDatabase } from '@ptsdly/db/testing';
import { silentLog } from '@ptsdly/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type MediaDatabase, openMediaDatabase, type VideoRow } from '../database.ts';
import { eventually } from '../testing/server.ts';
import { TranscodeError } from '../transcoder.ts';
import type { JobKind, JobWork } from './job-kind.ts';
import { JobStore } from './job-store.ts';
import { Jobs } from './jobs.ts';

let folder: string;
let db: MediaDatabase;
let videos: Set<string>;
const opened: Jobs[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'jobs-'));
  db = await openMediaDatabase(newDatabase(`${folder}/media.db`));
  videos = new Set(['one', 'two', 'three']);
});
afterEach(async () => {
  for (const jobs of opened.splice(0)) await jobs.close();
  await db.destroy();
  rmSync(folder, { recursive: true, force: true });
});

/** A kind whose runs the test holds in its hand. */
function held(name: JobKind['name'], priority = 50) {
  const runs: { work: JobWork; finish: () => void; fail: (error: unknown) => void }[] = [];
  const kind: JobKind = {
    ...{ name, priority },
    run: (work) =>
      new Promise((finish, fail) => {
        work.signal.addEventListener('abort', () => fail(work.signal.reason));
        runs.push({ work, finish, fail });
      }),
  };
  return { kind, runs };
}

async function open(kinds: readonly JobKind[], lanes?: number) {
  const find = async (id: string) => (videos.has(id) ? ({ id } as VideoRow) : undefined);
  const jobs = new Jobs({
    store: new JobStore(db),
    ...{ kinds, find, lanes, onChange: () => undefined, log: silentLog },
  });
  opened.push(jobs);
  await jobs.start();
  return jobs;
}

const states = async () => (await db.selectFrom('jobs').select('state').execute()).map(({ state }) => state);

describe('the queue', () => {
  it('runs what is added once, whatever is added again', async () => {
    const { kind, runs } = held('audio');
    const jobs = await open([kind]);
    await jobs.add('one', [{ kind: 'audio', params: { track: 0, rate: 1 } }]);
    await jobs.add('one', [{ kind: 'audio', params: { rate: 1, track: 0 } }]);
    await eventually(() => runs.length === 1);
    expect(jobs.isBusy).toBe(true);
    runs[0]?.finish();
    await eventually(async () => (await states()).join() === 'done');
    await jobs.add('one', [{ kind: 'audio', params: { track: 0, rate: 1 } }]);
    expect(jobs.of('one')).toEqual([]);
    expect(await jobs.all('one')).toMatchObject([{ state: 'done', progress: 1, failure: null }]);
    expect(runs.length).toBe(1);
  });

  it('begins with the most urgent, in so many lanes', async () => {
    const rendition = held('rendition', 50);
    const audio = held('audio', 20);
    const jobs = await open([rendition.kind, audio.kind], 1);
    await jobs.add('one', [{ kind: 'rendition' }]);
    await eventually(() => rendition.runs.length === 1);
    await jobs.add('two', [{ kind: 'rendition' }]);
    await jobs.add('three', [{ kind: 'audio' }]);
    expect(rendition.runs[0]?.work.isWanted).toBe(true);
    try {
      rendition.runs[0]?.work.pause();
    } catch (error) {
      rendition.runs[0]?.fail(error);
    }
    await eventually(() => audio.runs.length === 1);
    audio.runs[0]?.finish();
    await eventually(() => rendition.runs.length === 2);
    expect(rendition.runs[1]?.work.video.id).toBe('one');
    expect(await db.selectFrom('jobs').select('attempts').where('video', '=', 'one').execute()).toEqual([
      { attempts: 1 },
    ]);
    await jobs.hurry('two', 'rendition');
    expect(rendition.runs[1]?.work.isWanted).toBe(true);
  });

  it('tells progress and the time that is left', async () => {
    const { kind, runs } = held('audio');
    const jobs = await open([kind]);
    await jobs.add('one', [{ kind: 'audio' }]);
    await eventually(() => runs.length === 1);
    runs[0]?.work.progress(0.5);
    expect(jobs.of('one')).toMatchObject([{ state: 'running', progress: 0.5, secondsLeft: null }]);
    const left = await eventually(() => jobs.of('one')[0]?.secondsLeft ?? undefined);
    expect(left).toBeGreaterThan(1);
    expect(left).toBeLessThan(20);
  });

  it('tries again later what may help, and at last says why it does not', async () => {
    let error: Error = new TranscodeError('full', 'no space');
    const gaveUp: string[] = [];
    const kind: JobKind = {
      ...{ name: 'audio', priority: 1, run: () => Promise.reject(error) },
      gaveUp: async ({ video }, { code }) => void gaveUp.push(`${video.id} ${code}`),
    };
    const jobs = await open([kind]);
    await jobs.add('one', [{ kind: 'audio' }]);
    const [waiting] = await eventually(() => {
      const list = jobs.of('one');
      return list[0]?.failure ? list : undefined;
    });
    expect(waiting).toMatchObject({ state: 'queued', failure: { code: 'disk_full' } });
    await eventually(() => (jobs.nextDueAt?.getTime() ?? 0) - Date.now() > 30_000);
    error = new TranscodeError('input', 'garbage');
    await jobs.hurry('one', 'audio');
    await db
      .updateTable('jobs')
      .set({ due_at: new Date(0).toISOString() })
      .execute();
    const again = await open([kind]); // as after a restart
    await eventually(() => again.of('one')[0]?.state === 'failed');
    expect(again.of('one')[0]?.failure?.code).toBe('cannot_decode');
    expect(gaveUp).toEqual(['one cannot_decode']);
  });

  it('can be told to try again, and to give up', async () => {
    const { kind, runs } = held('audio');
    const jobs = await open([kind], 1);
    await jobs.add('one', [
      { kind: 'audio', params: { track: 0 } },
      { kind: 'audio', params: { track: 1 } },
    ]);
    await eventually(() => runs.length === 1);
    const [running, queued] = jobs.of('one');
    if (!running || !queued) throw new Error('two jobs');
    await expect(jobs.retry('one', 'nothing')).rejects.toMatchObject({ code: 'not_found' });
    expect((await jobs.cancel('one', queued.id)).state).toBe('canceled');
    expect((await jobs.cancel('one', running.id)).state).toBe('canceled');
    expect(jobs.isBusy).toBe(false);
    await expect(jobs.cancel('one', running.id)).rejects.toMatchObject({ code: 'conflict' });
    await expect(jobs.cancel('two', running.id)).rejects.toMatchObject({ code: 'not_found' });
    expect((await jobs.retry('one', queued.id)).state).toBe('running');
    await eventually(() => runs.length === 2);
    runs[1]?.finish();
    await eventually(() => jobs.of('one').length === 1);
    await expect(jobs.retry('one', queued.id)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('ends with the video', async () => {
    const { kind, runs } = held('audio');
    const jobs = await open([kind]);
    await jobs.add('one', [{ kind: 'audio' }]);
    await eventually(() => runs.length === 1);
    videos.delete('one');
    await jobs.forget('one');
    expect(runs[0]?.work.signal.aborted).toBe(true);
    expect(await states()).toEqual([]);
    await jobs.add('one', [{ kind: 'audio' }]); // too late
    await eventually(async () => (await states()).length === 0);
    expect(jobs.of('one')).toEqual([]);
    expect(runs.length).toBe(1);
  });

  it('goes on after the process was killed, but not for ever', async () => {
    const first = held('audio');
    const killed = await open([first.kind]);
    await killed.add('one', [{ kind: 'audio' }]);
    await eventually(() => first.runs.length === 1);
    first.runs[0]?.work.progress(0.4);
    await eventually(
      async () => (await db.selectFrom('jobs').select('progress').executeTakeFirst())?.progress,
    );
    const second = held('audio');
    const next = await open([second.kind]);
    await eventually(() => second.runs.length === 1);
    expect(next.of('one')).toMatchObject([{ state: 'running', progress: 0.4 }]);
    await db.updateTable('jobs').set({ attempts: 8, state: 'running' }).execute();
    const last = await open([held('audio').kind]);
    expect(last.of('one')).toMatchObject([{ state: 'failed', failure: { code: 'failed' } }]);
  });

  it('closes at once and leaves its work for the next start', async () => {
    const { kind, runs } = held('audio');
    const jobs = await open([kind]);
    await jobs.add('one', [{ kind: 'audio' }]);
    await eventually(() => runs.length === 1);
    await jobs.close();
    expect(await db.selectFrom('jobs').select(['state', 'attempts']).execute()).toEqual([
      { state: 'queued', attempts: 0 },
    ]);
  });
});
