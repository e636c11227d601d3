export type Priority = 'viewer' | 'background';

/** One that wants a slot. */
export interface Applicant {
  readonly serverId: string;
  readonly priority: Priority;
  /** Slots that its server may hold at once; as many as there are where not given. */
  readonly share?: number | undefined;
  readonly signal: AbortSignal;
  /** Stops its work for a viewer's, and lets it go on. Between the two it holds no slot. */
  readonly suspend: () => void;
  readonly resume: () => void;
}

export interface Lease {
  /** Gives the slot back; a second call does nothing. */
  release(): void;
}

interface Task extends Applicant {
  /** When it came, or was suspended: milliseconds. */
  readonly since: number;
  /** Milliseconds that it was suspended before. */
  readonly heldMs: number;
  /** Of one that has not begun. */
  readonly grant: (() => void) | undefined;
}

/** Tasks of one server that may wait; more are refused. */
const MAX_WAITING = 64;
/** Who has waited or was suspended this long counts as a viewer, so that viewers keep nobody out for ever. */
const AGED_MS = 60_000;

/**
 * The machine's transcode slots. A free one goes to a viewer's task before a background one, then to the server with
 * the fewest slots, then to the one that was served longest ago, then to the one that came first. Where all are taken
 * a viewer's task suspends a background one and takes its place; at most as many stay suspended as there are slots.
 */
export class Slots {
  readonly count: number;
  readonly #now: () => number;
  readonly #running = new Map<Applicant, Task>();
  readonly #suspended = new Map<Applicant, Task>();
  readonly #waiting = new Map<Applicant, Task>();
  /** When each server was served last, counted in leases. */
  readonly #served = new Map<string, number>();
  #leases = 0;

  constructor(count: number, now: () => number = () => performance.now()) {
    this.count = Math.max(1, Math.floor(count));
    this.#now = now;
  }

  get running(): number {
    return this.#running.size;
  }

  get waiting(): number {
    return this.#waiting.size + this.#suspended.size;
  }

  /** Resolves with a slot; null when this server already has too many tasks in line. Rejects when it is aborted. */
  lease(applicant: Applicant): Promise<Lease> | null {
    const { serverId, signal } = applicant;
    const inLine = [...this.#waiting.values()].filter((task) => task.serverId === serverId);
    if (inLine.length >= MAX_WAITING) return null;
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      const leave = () => {
        this.#waiting.delete(applicant);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', leave, { once: true });
      const grant = () => {
        signal.removeEventListener('abort', leave);
        resolve({ release: () => this.#release(applicant) });
      };
      this.#waiting.set(applicant, { ...applicant, since: this.#now(), heldMs: 0, grant });
      this.#assign();
    });
  }

  #release(applicant: Applicant): void {
    const held = this.#running.delete(applicant) || this.#suspended.delete(applicant);
    if (held) this.#assign();
  }

  #assign(): void {
    for (;;) {
      const next = this.#next();
      if (!next) return;
      const own = this.#isAtShare(next[1]) ? next[1].serverId : undefined;
      const isFull = this.#running.size >= this.count || own !== undefined;
      if (isFull && !this.#makeRoomFor(next[1], own)) return;
      this.#start(...next);
    }
  }

  /** The one whose turn it is, of those that wait and those that are suspended. */
  #next(): [Applicant, Task] | undefined {
    const all = [...this.#suspended, ...this.#waiting];
    const candidates = all.filter(
      ([, task]) => !this.#isAtShare(task) || this.#canMakeRoom(task, task.serverId),
    );
    return candidates.sort(([, a], [, b]) => this.#compare(a, b))[0];
  }

  #compare(a: Task, b: Task): number {
    return (
      Number(this.#isUrgent(b)) - Number(this.#isUrgent(a)) ||
      this.#slotsOf(a.serverId) - this.#slotsOf(b.serverId) ||
      (this.#served.get(a.serverId) ?? 0) - (this.#served.get(b.serverId) ?? 0) ||
      a.since - b.since
    );
  }

  #isUrgent(task: Task): boolean {
    return task.priority === 'viewer' || task.heldMs + this.#now() - task.since >= AGED_MS;
  }

  #slotsOf(serverId: string): number {
    let count = 0;
    for (const task of this.#running.values()) if (task.serverId === serverId) count++;
    return count;
  }

  #isAtShare({ serverId, share }: Task): boolean {
    return share !== undefined && this.#slotsOf(serverId) >= share;
  }

  #canMakeRoom(next: Task, own: string | undefined): boolean {
    return this.#victim(next, own) !== undefined;
  }

  /** Whose place a viewer's task takes; of its own server where that has all that it may. */
  #victim(next: Task, own: string | undefined): [Applicant, Task] | undefined {
    if (next.priority !== 'viewer' || this.#suspended.size >= this.count) return undefined;
    const mayWait = (task: Task) =>
      task.priority === 'background' && task.heldMs < AGED_MS && (own === undefined || task.serverId === own);
    return [...this.#running].findLast(([, task]) => mayWait(task)); // the youngest has the least to lose
  }

  #makeRoomFor(next: Task, own: string | undefined): boolean {
    const victim = this.#victim(next, own);
    if (!victim) return false;
    const [applicant, task] = victim;
    this.#running.delete(applicant);
    this.#suspended.set(applicant, { ...task, since: this.#now(), grant: undefined });
    applicant.suspend();
    return true;
  }

  #start(applicant: Applicant, task: Task): void {
    this.#waiting.delete(applicant);
    this.#suspended.delete(applicant);
    const heldMs = task.grant ? 0 : task.heldMs + this.#now() - task.since;
    this.#running.set(applicant, { ...task, heldMs, grant: undefined });
    this.#served.set(task.serverId, ++this.#leases);
    if (this.#served.size > 10_000) this.#served.delete(this.#served.keys().next().value as string);
    if (task.grant) task.grant();
    else applicant.resume();
  }
}
