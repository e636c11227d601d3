import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Service } from '@ptsdly/kit';
import { expect } from 'vitest';
import type { Host, HostOptions } from '../hosts/host.ts';
import type { Action } from '../next.ts';
import { composeSubscriptions } from '../service.ts';
import { ManualClock } from './fake-host.ts';
import { callsOf, openPeers, type Peers, testFolder, testOptions } from './service.ts';
import { type Call, Stops } from './stops.ts';

/** What servers live in, which outlasts every control plane. */
export interface World {
  openHost(options: HostOptions, stops: Stops): Promise<Host>;
  /** How many instances of servers run, and how many servers there is anything of, counted on the host itself. */
  census(): Promise<{ readonly running: number; readonly exist: number }>;
  /** Puts a mark into a server's data, and looks for it. */
  mark(serverId: string): Promise<void>;
  isMarked(serverId: string): Promise<boolean>;
  close(): Promise<void>;
}

export interface CrashMatrix {
  readonly open: () => Promise<World>;
  /** Which calls to stop at. */
  readonly at?: (call: Call) => boolean;
  readonly patienceMs?: number;
}

/** One thing that happens to a server, and what there must be in the end. */
export interface Row {
  readonly name: string;
  readonly before?: (plane: Plane) => Promise<unknown>;
  readonly act: (plane: Plane) => Promise<unknown>;
  readonly states: readonly string[];
  readonly running: number;
  readonly exist: number;
  /** The server was there before, and its data must be there still. */
  readonly keeps: boolean;
}

type Acts = Exclude<Action['do'], 'none' | 'wait'>;

const CALM_MS = 150;

/** A control plane under test: the whole service on a database file. */
export class Plane {
  readonly service: Service;
  readonly #peers: Peers;

  constructor(service: Service, peers: Peers) {
    this.service = service;
    this.#peers = peers;
  }

  get calls() {
    return callsOf(this.service, this.#peers);
  }

  async states(): Promise<string[]> {
    return (await this.calls.as('ann').listServers({})).items.map(({ state }) => state);
  }

  async serverId(): Promise<string> {
    return (await this.calls.as('ann').listServers({})).items[0]?.id as string;
  }

  async slug(): Promise<string> {
    return (await this.calls.as('ann').listServers({})).items[0]?.slug as string;
  }

  async subscription() {
    const [found] = (await this.calls.as('ann').listSubscriptions({})).items;
    return { params: { id: found?.id as string } };
  }

  subscribe = () => this.calls.as('ann').subscribe({ body: { planId: 'starter' } });
  leave = async () => this.#peers.identity.publish({ type: 'user.deleted', userId: 'ann' });

  /** As its own request for sleep, and then the first request of somebody. */
  async sleep(): Promise<void> {
    await this.control('/sleep', { nextDueAt: null });
  }

  async wake(): Promise<unknown> {
    const params = { slug: await this.slug() };
    return this.calls.internal.serverBySlug({ params, query: { wake: 'yes', wait: 0 } });
  }

  control: (path: string, body: object) => Promise<void> = () => Promise.reject(new Error('not open'));
}

const ready = async (plane: Plane) => {
  await plane.subscribe();
  await becomes(plane, ['ready']);
};

const asleep = async (plane: Plane) => {
  await ready(plane);
  await plane.sleep();
  await becomes(plane, ['asleep']);
};

/** Every action of the reconcile loop has its rows; one without does not compile. */
export const rows: Readonly<Record<Acts, readonly Row[]>> = {
  ensure: [
    {
      name: 'create',
      act: (plane) => plane.subscribe(),
      ...{ states: ['ready'], running: 1, exist: 1, keeps: false },
    },
    {
      name: 'upgrade',
      before: ready,
      act: async (plane) =>
        plane.calls.as('ann').changePlan({ ...(await plane.subscription()), body: { planId: 'plus' } }),
      ...{ states: ['ready'], running: 1, exist: 1, keeps: true },
    },
  ],
  sleep: [
    {
      name: 'sleep',
      before: ready,
      act: (plane) => plane.sleep(),
      ...{ states: ['asleep'], running: 0, exist: 1, keeps: true },
    },
    {
      name: 'cancel',
      before: ready,
      act: async (plane) => plane.calls.as('ann').cancel(await plane.subscription()),
      ...{ states: ['suspended'], running: 0, exist: 1, keeps: true },
    },
  ],
  wake: [
    {
      name: 'wake',
      before: asleep,
      act: (plane) => plane.wake(),
      ...{ states: ['ready'], running: 1, exist: 1, keeps: true },
    },
  ],
  destroy: [
    {
      name: 'destroy',
      before: ready,
      act: (plane) => plane.leave(),
      ...{ states: [], running: 0, exist: 0, keeps: false },
    },
    {
      name: 'destroy while asleep',
      before: asleep,
      act: (plane) => plane.leave(),
      ...{ states: [], running: 0, exist: 0, keeps: false },
    },
  ],
};

export const allRows: readonly Row[] = Object.values(rows).flat();

/**
 * Stops a control plane for ever before and after each external call of a row, one world a stop, and lets a new one
 * go on with what stands in the database at that moment. Answers the moments at which it stopped.
 */
export async function crashEverywhere(matrix: CrashMatrix, row: Row): Promise<string[]> {
  const moments: string[] = [];
  for (let n = 1; ; n++) {
    const moment = await crashOnce(matrix, row, n);
    if (moment === undefined) return moments;
    moments.push(moment);
  }
}

async function crashOnce(matrix: CrashMatrix, row: Row, n: number): Promise<string | undefined> {
  const folder = testFolder();
  const peers = await openPeers();
  const world = await matrix.open();
  const stops = new Stops(matrix.at);
  const closing: (() => Promise<unknown>)[] = [];
  const patience = matrix.patienceMs ?? 10_000;
  const open = async (name: string, script: Stops) => {
    const { plane, close } = await openPlane(join(folder.path, name), world, peers, script);
    closing.push(close);
    return plane;
  };
  try {
    const first = await open('first', stops);
    await row.before?.(first);
    const serverId = row.before ? await first.serverId() : undefined;
    if (serverId) await world.mark(serverId);
    stops.arm(n);
    await row.act(first);
    const done = becomes(first, row.states, patience).then(() => untilCensus(world, row, patience));
    done.catch(() => undefined);
    // What is done may still be followed by a call, so the stop is given the last word for a moment.
    const calm = done.then(() => new Promise((resolve) => setTimeout(resolve, CALM_MS)));
    const moment = await Promise.race([stops.stopped, calm.then(() => undefined)]);
    if (moment === undefined) return undefined;
    copyDatabase(join(folder.path, 'first'), join(folder.path, 'second'));
    const second = await open('second', new Stops());
    await becomes(second, row.states, patience, moment);
    await untilCensus(world, row, patience, moment);
    if (row.keeps && serverId) expect(await world.isMarked(serverId), `data after ${moment}`).toBe(true);
    return moment;
  } finally {
    stops.bury();
    for (const close of closing.reverse()) await close();
    await world.close();
    folder.remove();
  }
}

async function openPlane(folder: string, world: World, peers: Peers, stops: Stops) {
  mkdirSync(folder, { recursive: true });
  const clock = new ManualClock();
  let control: HostOptions['control'] | undefined;
  const service = await composeSubscriptions(
    { ...testOptions(folder, peers), databaseUrl: `sqlite:${join(folder, 'subscriptions.db')}` },
    {
      openHost: (_, options) => {
        control = options.control;
        return world.openHost(options, stops);
      },
      ...{ clock, random: () => 1 },
    },
  );
  const plane = new Plane(service, peers);
  plane.control = async (path, body) => {
    const line = control?.({ serverId: await plane.serverId(), ownerId: 'ann' });
    const request = new Request(`http://host${path}`, {
      ...{ method: 'PUT', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } },
    });
    const answer = await line?.fetch(request);
    if (!answer?.ok) throw new Error(`the control API answered ${answer?.status}`);
  };
  const hurry = setInterval(() => clock.advance(1000), 20);
  return {
    plane,
    close: async () => {
      clearInterval(hurry);
      await service.close();
    },
  };
}

function copyDatabase(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const file of ['subscriptions.db', 'subscriptions.db-wal']) {
    if (existsSync(join(from, file))) copyFileSync(join(from, file), join(to, file));
  }
}

const becomes = (plane: Plane, states: readonly string[], timeout = 10_000, after = 'nothing') =>
  expect.poll(() => plane.states(), { interval: 5, timeout, message: `after ${after}` }).toEqual(states);

const untilCensus = (world: World, { running, exist }: Row, timeout: number, after = 'nothing') =>
  expect
    .poll(() => world.census(), { interval: 10, timeout, message: `after ${after}` })
    .toEqual({ running, exist });
