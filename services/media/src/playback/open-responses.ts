import type { ServerResponse } from 'node:http';
import type { EndReason } from './end-reason.ts';

/** What an open response shows, and by which right. */
export interface Showing {
  readonly videoId: string;
  readonly link: { readonly id: string; readonly epoch: number } | null;
  readonly sid: string | null;
  /** Unix milliseconds; null for a response under the owner's token. */
  readonly expiresAt: number | null;
}

interface Entry {
  readonly showing: Showing;
  readonly end: (reason: EndReason) => void;
  /** It ends with this server only, and says goodbye. */
  readonly isStream: boolean;
}

const SWEEP_MS = 500;

/**
 * The responses that are under way, so that the end of a right ends them at once and not at the next request.
 */
export class OpenResponses {
  readonly #entries = new Set<Entry>();
  #sweep: NodeJS.Timeout | undefined;

  get size(): number {
    return this.#entries.size;
  }

  /** Watches a response until it closes. `end` says goodbye; without it the connection is destroyed. */
  add(showing: Showing, response: ServerResponse, end?: (reason: EndReason) => void): void {
    const entry = { showing, end: end ?? (() => response.destroy()), isStream: end !== undefined };
    this.#entries.add(entry);
    response.once('close', () => this.#entries.delete(entry));
    this.#sweep ??= setInterval(() => this.#sweepExpired(), SWEEP_MS).unref();
  }

  /** Ends what matches. Returns how many that were. */
  end(reason: EndReason, matches: (showing: Showing) => boolean): number {
    let ended = 0;
    for (const entry of this.#entries) {
      if (!matches(entry.showing)) continue;
      this.#drop(entry, reason);
      ended++;
    }
    return ended;
  }

  /** Cuts what shows something and matches; streams of events go on. */
  breakOff(matches: (showing: Showing) => boolean): void {
    for (const entry of this.#entries)
      if (!entry.isStream && matches(entry.showing)) this.#drop(entry, 'closing');
  }

  /** Whether something that matches is being shown; streams of events do not count. */
  shows(matches: (showing: Showing) => boolean): boolean {
    for (const { isStream, showing } of this.#entries) if (!isStream && matches(showing)) return true;
    return false;
  }

  /** Ends the streams, which would keep a listener from draining; all else is answered to its end. */
  endStreams(reason: EndReason): void {
    for (const entry of this.#entries) if (entry.isStream) this.#drop(entry, reason);
  }

  close(): void {
    clearInterval(this.#sweep);
    this.end('closing', () => true);
  }

  #drop(entry: Entry, reason: EndReason): void {
    this.#entries.delete(entry);
    entry.end(reason);
  }

  #sweepExpired(): void {
    const now = Date.now();
    this.end('expired', ({ expiresAt }) => expiresAt !== null && expiresAt <= now);
    if (this.#entries.size > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }
}
