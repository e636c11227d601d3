import type { IncomingMessage, ServerResponse } from 'node:http';
import { Problem } from '@ptsdly/contract';
import {
  answerProblem,
  type Listener,
  type Logger,
  listen,
  nodeHandler,
  type ServerTokens,
} from '@ptsdly/kit';
import type { Boot, ControlService, ServedServer } from './hosts/host.ts';
import type { ServerRow } from './schema.ts';
import type { Servers } from './servers.ts';

export interface ControlGateOptions {
  readonly servers: Servers;
  readonly tokens: ServerTokens;
  readonly control: (server: ServedServer) => ControlService;
  /** What servers fetch that start on machines of their own; its paths begin with `/boot/`. */
  readonly boot?: () => Boot | undefined;
  readonly log: Logger;
}

/** What is kept for a server that has called. */
interface Line {
  readonly service: ControlService;
  readonly handler: ReturnType<typeof nodeHandler>;
  open: number;
  lastUse: number;
}

const DRAIN_MS = 500;
const IDLE_MS = 300_000;

/**
 * The control API for media servers on other machines, on one port for all of them: the token of a server says who
 * calls, and its row whether it still may.
 */
export class ControlGate {
  readonly #options: ControlGateOptions;
  readonly #lines = new Map<string, Line>();
  readonly #sweep: NodeJS.Timeout;
  #listener: Listener | undefined;

  constructor(options: ControlGateOptions) {
    this.#options = options;
    this.#sweep = setInterval(() => this.#forgetIdle(), IDLE_MS).unref();
  }

  /** Listens on all addresses of this machine. Resolves with its own address. */
  async listen(port: number): Promise<string> {
    const raw = (request: IncomingMessage, response: ServerResponse) => {
      void this.#serve(request, response);
      return true;
    };
    const service = { raw, fetch: async () => new Response(null, { status: 404 }) };
    this.#listener = await listen(service, { host: '::', port, drainMs: DRAIN_MS });
    return this.#listener.address;
  }

  async close(): Promise<void> {
    clearInterval(this.#sweep);
    for (const { service } of this.#lines.values()) service.close();
    await this.#listener?.close();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (request.url?.startsWith('/boot/')) return await this.#serveBoot(request, response);
      const line = await this.#lineOf(request);
      line.open++;
      response.once('close', () => {
        line.open--;
        line.lastUse = performance.now();
      });
      line.handler(request, response);
    } catch (thrown) {
      const problem = Problem.from(thrown);
      if (problem.status >= 500) this.#options.log.warn({ err: problem }, 'a media server was not heard');
      response.setHeader('connection', 'close'); // whatever its body is, nobody reads it
      response.writeHead(problem.status, problem.responseHeaders());
      response.end(JSON.stringify(problem.toJson('')));
    }
  }

  /** A machine that has no token of its server yet comes without one. */
  async #serveBoot(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { boot, log } = this.#options;
    const host = boot?.();
    if (!host) throw new Problem(boot ? 'unavailable' : 'not_found');
    const caller =
      request.headers.authorization === undefined ? undefined : (await this.#callerOf(request)).id;
    const fetch = async (asked: Request) => {
      try {
        return await host.fetch(asked, caller);
      } catch (error) {
        return answerProblem(error, log, '');
      }
    };
    nodeHandler({ fetch })(request, response);
  }

  async #lineOf(request: IncomingMessage): Promise<Line> {
    const row = await this.#callerOf(request);
    const known = this.#lines.get(row.id);
    if (known) return known;
    const service = this.#options.control({ serverId: row.id, ownerId: row.ownerId });
    const line: Line = { service, handler: nodeHandler(service), open: 0, lastUse: performance.now() };
    this.#lines.set(row.id, line);
    return line;
  }

  /** Rejects with `unauthenticated`, or with `forbidden` once the server is to be removed. */
  async #callerOf(request: IncomingMessage): Promise<ServerRow> {
    const { servers, tokens } = this.#options;
    const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const serverId = tokens.verify(token);
    delete request.headers.authorization;
    const row = await servers.byId(serverId).catch((cause: unknown) => {
      const unknown = cause instanceof Problem && cause.code === 'not_found';
      throw unknown ? new Problem('forbidden', { cause }) : cause;
    });
    if (row.desired === 'purged') throw new Problem('forbidden');
    return row;
  }

  #forgetIdle(): void {
    for (const [id, { service, open, lastUse }] of this.#lines) {
      if (open > 0 || performance.now() - lastUse < IDLE_MS) continue;
      service.close();
      this.#lines.delete(id);
    }
  }
}
