import { type Logger, symbols } from 'pino';
import { timestamp } from './log.ts';

/** What an access line says of a request, beside its time and its route. */
export interface Access {
  readonly method: string;
  readonly status: number;
  /** Milliseconds that the answer took. */
  readonly ms: number;
  /** Further members as JSON, each with a comma before it. */
  readonly more?: string;
}

/** What pino keeps in a logger under its public symbols. */
interface Inside {
  readonly [symbols.chindingsSym]: string;
  readonly [symbols.streamSym]: { write(line: string): void; lastLevel?: number };
}

const LEVELS = { info: 30, debug: 20 } as const;

/**
 * Access lines of one route: the bytes that `log.info({ method, status, ms }, 'request')` writes, without its
 * serialiser. Only for what cannot hold a quote or a secret, so nothing is escaped or hidden.
 */
export class AccessLog {
  readonly #log: Logger;
  readonly #inside: Inside;

  constructor(log: Logger, route: string) {
    this.#log = log.child({ route });
    this.#inside = this.#log as unknown as Inside;
  }

  /** `method` is one of HTTP's own names. */
  note(level: keyof typeof LEVELS, { method, status, ms, more = '' }: Access): void {
    if (!this.#log.isLevelEnabled(level)) return;
    const stream = this.#inside[symbols.streamSym];
    stream.lastLevel = LEVELS[level];
    const bound = this.#inside[symbols.chindingsSym];
    const rounded = Math.round(ms * 1000) / 1000;
    stream.write(
      `{"level":"${level}"${timestamp()}${bound},"method":"${method}","status":${status},"ms":${rounded}${more},"msg":"request"}\n`,
    );
  }
}
