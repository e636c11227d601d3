import type { IncomingMessage, ServerResponse } from 'node:http';
import { type MediaHealth, Problem } from '@ptsdly/contract';
import { nodeHandler, type Service } from '@ptsdly/kit';

type Handler = ReturnType<typeof nodeHandler>;

/** Longer than one server takes to leave its folder to the next. */
const HOLD_MS = 10_000;

/**
 * What a media server answers before it has its folder, while the one before it still serves: that it is well, so
 * that the other is let go. Every other request is held until it can be answered.
 */
export class Standby {
  readonly #health: MediaHealth;
  readonly #held = new Set<() => void>();
  #handler: Handler | undefined;

  constructor(health: MediaHealth) {
    this.#health = health;
  }

  readonly raw = (request: IncomingMessage, response: ServerResponse): true => {
    if (this.#handler) this.#handler(request, response);
    else if (request.url === '/healthz') answer(response, 200, this.#health);
    else this.#hold(request, response);
    return true;
  };

  /** From now on `service` answers, what was held first. */
  become(service: Service): void {
    this.#handler = nodeHandler(service);
    for (const release of this.#held) release();
  }

  /** Refuses what is held. */
  close(): void {
    for (const release of this.#held) release();
  }

  #hold(request: IncomingMessage, response: ServerResponse): void {
    const release = () => {
      clearTimeout(late);
      this.#held.delete(release);
      if (response.destroyed) return;
      if (this.#handler) this.#handler(request, response);
      else refuse(response);
    };
    const late = setTimeout(release, HOLD_MS);
    this.#held.add(release);
    response.once('close', release);
  }
}

function refuse(response: ServerResponse): void {
  const problem = new Problem('server_not_ready', { retryAfter: 1 });
  response.setHeader('connection', 'close');
  for (const [name, value] of Object.entries(problem.responseHeaders())) response.setHeader(name, value);
  answer(response, problem.status, problem.toJson(''));
}

function answer(response: ServerResponse, status: number, body: object): void {
  if (!response.hasHeader('content-type')) response.setHeader('content-type', 'application/json');
  response.writeHead(status).end(JSON.stringify(body));
}
