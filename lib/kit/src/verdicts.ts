/** Longer texts are judged each time, so that nobody fills the memory with them. */
const MAX_LENGTH = 1024;

/** What was found out about texts that come again and again. When it is full it begins anew. */
export class Verdicts<V> {
  readonly #judge: (text: string) => V;
  readonly #limit: number;
  readonly #known = new Map<string, V>();

  /** `limit`: texts that are remembered at most. `judge` answers anything but undefined, and the same each time. */
  constructor(judge: (text: string) => V, limit: number) {
    this.#judge = judge;
    this.#limit = limit;
  }

  of(text: string): V {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const verdict = this.#judge(text);
    if (text.length > MAX_LENGTH) return verdict;
    if (this.#known.size >= this.#limit) this.#known.clear();
    this.#known.set(text, verdict);
    return verdict;
  }
}
