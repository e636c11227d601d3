import { readdir, readFile } from 'node:fs/promises';
import { processorSeconds } from './processor.ts';

/** What happens in a process between two looks before it ends is lost. */
const LOOK_MS = 200;

/**
 * Processor time of this process and all that it begins, directly or not: also of what runs in a sandbox, whose time the
 * kernel adds to nobody's when it ends.
 */
export class Descendants implements Disposable {
  readonly #seconds = new Map<number, number>();
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setInterval(() => void this.#look(process.pid), LOOK_MS);
  }

  /** Seconds so far, user and system, of its own and of those below it. */
  async spent(): Promise<number> {
    await this.#look(process.pid);
    const below = [...this.#seconds.values()].reduce((sum, each) => sum + each, 0);
    return below + (await processorSeconds([process.pid]));
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #look(parent: number): Promise<void> {
    const folder = `/proc/${parent}/task`;
    for (const thread of await readdir(folder).catch(() => [])) {
      const children = await readFile(`${folder}/${thread}/children`, 'utf8').catch(() => '');
      for (const pid of children.split(' ').filter(Boolean).map(Number)) {
        const seconds = await processorSeconds([pid]).catch(() => undefined);
        if (seconds !== undefined) this.#seconds.set(pid, seconds);
        await this.#look(pid);
      }
    }
  }
}
