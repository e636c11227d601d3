/** An external call: what is called, and which of its methods. */
export interface Call {
  readonly of: string;
  readonly name: string;
}

/**
 * Where a control plane stops, as if it were killed: before or after the nth of its external calls it never goes on,
 * and every later call of it waits too. What was called by then has happened.
 */
export class Stops {
  readonly #counts: (call: Call) => boolean;
  readonly #stopped = Promise.withResolvers<string>();
  readonly #buried = Promise.withResolvers<void>();
  #left = Number.POSITIVE_INFINITY;
  #isStopped = false;

  /** `counts`: the calls at which it may stop; all where not given. */
  constructor(counts: (call: Call) => boolean = () => true) {
    this.#counts = counts;
  }

  /** Says where, once it has stopped. */
  get stopped(): Promise<string> {
    return this.#stopped.promise;
  }

  /** From now on it stops at the nth moment. */
  arm(n: number): void {
    this.#left = n;
  }

  /** Lets what waits fail, so that the process can end. */
  bury(): void {
    this.#isStopped = true;
    this.#buried.resolve();
  }

  /** `target`, of which the named methods are external calls. */
  watch<T extends object>(of: string, target: T, methods: readonly (keyof T & string)[]): T {
    const wrapped = methods.map((name) => {
      const method = target[name] as (...args: unknown[]) => Promise<unknown>;
      const call = (...args: unknown[]) => this.around({ of, name }, () => method.apply(target, args));
      return [name, call];
    });
    const calls = new Map(wrapped as [string, unknown][]);
    return new Proxy(target, {
      get: (_, key) => {
        const own = calls.get(String(key));
        if (own) return own;
        const value = Reflect.get(target, key, target) as unknown;
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  /** One external call, which may be the last. */
  async around<T>(call: Call, work: () => Promise<T>): Promise<T> {
    await this.#moment('before', call);
    const result = await work();
    await this.#moment('after', call);
    return result;
  }

  async #moment(when: 'before' | 'after', call: Call): Promise<void> {
    if (!this.#isStopped && this.#counts(call)) {
      this.#left -= 1;
      if (this.#left === 0) {
        this.#isStopped = true;
        this.#stopped.resolve(`${when} ${call.of}.${call.name}`);
      }
    }
    if (!this.#isStopped) return;
    await this.#buried.promise;
    throw new Error('this control plane is dead');
  }
}
