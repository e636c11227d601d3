import type { TranscodeLine } from '@ptsdly/contract';

/** Said again when nothing else was said for so long, so that the connection of a waiting caller is not cut. */
const HEARTBEAT_MS = 10_000;

/** Lines of one answer on their way to its reader, who is told the latest state and no backlog of it. */
export class Lines implements AsyncIterable<TranscodeLine> {
  #latest: TranscodeLine = { state: 'queued' };
  #fresh = true;
  #wake: (() => void) | undefined;

  tell(line: TranscodeLine): void {
    this.#latest = line;
    this.#fresh = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TranscodeLine> {
    for (;;) {
      this.#fresh = false;
      const line = this.#latest;
      yield line;
      if (line.state === 'done' || line.state === 'failed') return;
      if (!this.#fresh) await this.#change();
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      const heartbeat = setTimeout(resolve, HEARTBEAT_MS);
      this.#wake = () => {
        clearTimeout(heartbeat);
        resolve();
      };
    });
  }
}
