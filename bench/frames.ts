import type { CDPSession } from 'playwright-core';

/** One entry of a trace of Chromium (Trace Event Format); times in microseconds. */
interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  /** Of the thread's processor time. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** What the main thread of a page did for each frame while something went on. */
export interface Frames {
  /** Milliseconds of processor time, which other work on the machine does not lengthen. */
  readonly work: readonly number[];
}

const CATEGORIES = ['toplevel', 'devtools.timeline', '__metadata', 'blink', 'cc'];

/** Traces the page while `run` runs. */
export async function traceFrames(session: CDPSession, run: () => Promise<void>): Promise<Frames> {
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => {
    for (const event of value as unknown as TraceEvent[]) events.push(event);
  });
  const complete = new Promise<void>((resolve) => session.once('Tracing.tracingComplete', () => resolve()));
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: CATEGORIES, excludedCategories: ['*'] },
  });
  await run();
  await session.send('Tracing.end');
  await complete;
  return { work: workByFrame(events) };
}

/** Processor time of all tasks of the busiest renderer's main thread between one animation frame and the next. */
function workByFrame(events: readonly TraceEvent[]): number[] {
  const mains = events.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain');
  const byThread = mains.map(({ pid, tid }) => {
    const own = events.filter((event) => event.pid === pid && event.tid === tid);
    const frames = own.filter(({ name }) => name === 'FireAnimationFrame').map(({ ts }) => ts);
    const tasks = own.filter(({ name, tdur }) => name.endsWith('RunTask') && tdur !== undefined);
    return { frames: frames.sort((a, b) => a - b), tasks };
  });
  const [busiest] = byThread.sort((a, b) => b.frames.length - a.frames.length);
  if (!busiest || busiest.frames.length < 10) throw new Error('the trace has no frames');
  const { frames, tasks } = busiest;
  const work = new Array<number>(frames.length).fill(0);
  for (const { ts, tdur = 0 } of tasks) {
    const frame = frames.findLastIndex((begin) => begin <= ts);
    if (frame >= 0) work[frame] = (work[frame] ?? 0) + tdur / 1000;
  }
  return work.slice(1, -1);
}
