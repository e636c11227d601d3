/** Writes that wait for each other at most. */
const MOST = 64;

/**
 * Runs what came in one turn of the event loop together at its end. A write wakes whoever sleeps at its other end, which
 * costs more than the write; the ones that follow at once find them at work.
 */
export class Together {
  #waiting: (() => void)[] = [];

  add(write: () => void): void {
    const count = this.#waiting.push(write);
    if (count === 1) setImmediate(this.#run);
    else if (count >= MOST) this.#run();
  }

  readonly #run = () => {
    const writes = this.#waiting;
    this.#waiting = [];
    for (const write of writes) write();
  };
}
