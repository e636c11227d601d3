import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Allowance as Allowed, type Client, type controlApi, Problem } from '@ptsdly/contract';
import type { Logger } from '@ptsdly/kit';
import { handedOver } from '../library/handover.ts';
import type { PlaySession } from '../playback/session-token.ts';

const REPORT_MS = 5000;
/** Whoever asked for nothing for so long watches no more; a paused player asks for its events. */
const VIEWER_MS = 45_000;
/** Whoever has closed the page may only have lost the network, and is back by then. */
const LEFT_MS = 5000;
const BUSY_SECONDS = 15;
/** A host that is slow does not keep a server from its viewers. */
const PATIENCE_MS = 1000;

export interface AllowanceOptions {
  readonly host: Pick<Client<typeof controlApi>, 'reportMeter'>;
  readonly log: Logger;
}

/**
 * What the plan allows: counted here, held against the plan by the host, which answers what is left. The owner is never
 * shut out by it. While the host has not answered, or is away, the last word holds; at the start everything is allowed.
 */
export class Allowance {
  readonly #options: AllowanceOptions;
  readonly #run = randomUUID();
  readonly #viewers = new Map<string, number>();
  readonly #open = new Map<ServerResponse, number>();
  #sentBytes = 0;
  #told = { sentBytes: -1, viewers: 0 };
  #allowed: Allowed | undefined;
  #timer: NodeJS.Timeout | undefined;
  #telling: Promise<void> | undefined;

  constructor(options: AllowanceOptions) {
    this.#options = options;
  }

  /** Tells the host now, so that a server whose subscription has ended knows it before it serves anybody. */
  async start(): Promise<void> {
    this.#timer = setInterval(() => this.#look(), REPORT_MS).unref();
    await Promise.race([this.#tell(), sleep(PATIENCE_MS, undefined, { ref: false })]);
  }

  /** Tells what is left to tell. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#telling;
    this.#countOpen();
    if (this.#sentBytes > this.#told.sentBytes) await this.#tell();
  }

  /** Counts what goes out on the connection of a request, and what others send for us. */
  watch(_: IncomingMessage, response: ServerResponse): void {
    const { socket } = response;
    if (!socket) return;
    this.#open.set(response, socket.bytesWritten);
    response.once('close', () => {
      this.#count(response, socket.bytesWritten);
      this.#open.delete(response);
      this.#sentBytes = Math.max(0, this.#sentBytes + handedOver(response));
    });
  }

  /** A viewer opens a link. Rejects with `subscription_ended`, `transfer_used_up` or `too_many_viewers`. */
  admit(): void {
    this.#check();
    const most = this.#allowed?.concurrentViewers ?? Number.POSITIVE_INFINITY;
    if (this.#viewersNow() >= most) throw new Problem('too_many_viewers', { retryAfter: BUSY_SECONDS });
  }

  /** A viewer goes on. Rejects with `subscription_ended` or `transfer_used_up`. */
  see({ id, link }: Pick<PlaySession, 'id' | 'link'>): void {
    if (link === null) return;
    this.#check();
    this.#viewers.set(id, Date.now());
  }

  /** A viewer's page was closed, or its connection was. */
  left({ id }: Pick<PlaySession, 'id'>): void {
    if (this.#viewers.has(id)) this.#viewers.set(id, Date.now() - VIEWER_MS + LEFT_MS);
  }

  /** Something new is to be kept. Throws `subscription_ended`. */
  takeIn(): void {
    if (this.#allowed?.mode === 'export') throw new Problem('subscription_ended');
  }

  #check(): void {
    this.takeIn();
    if ((this.#allowed?.transferLeft ?? 1) > 0) return;
    throw new Problem('transfer_used_up', { retryAfter: 3600 });
  }

  #viewersNow(): number {
    const old = Date.now() - VIEWER_MS;
    for (const [id, at] of this.#viewers) if (at < old) this.#viewers.delete(id);
    return this.#viewers.size;
  }

  #count(response: ServerResponse, bytesWritten: number): void {
    const before = this.#open.get(response);
    if (before === undefined) return;
    this.#sentBytes += Math.max(0, bytesWritten - before);
    this.#open.set(response, bytesWritten);
  }

  #countOpen(): void {
    for (const response of this.#open.keys()) {
      if (response.socket) this.#count(response, response.socket.bytesWritten);
    }
  }

  #look(): void {
    this.#countOpen();
    const isNews = this.#sentBytes > this.#told.sentBytes || this.#viewersNow() !== this.#told.viewers;
    if (isNews || this.#viewers.size > 0) {
      this.#telling ??= this.#tell().finally(() => {
        this.#telling = undefined;
      });
    }
  }

  async #tell(): Promise<void> {
    const report = { sentBytes: this.#sentBytes, viewers: this.#viewersNow() };
    try {
      this.#allowed = await this.#options.host.reportMeter({ body: { run: this.#run, ...report } });
      this.#told = report;
    } catch (err) {
      this.#options.log.debug({ err }, 'the host does not take the meter');
    }
  }
}
