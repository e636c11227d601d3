import type { IncomingMessage, ServerResponse } from 'node:http';
import { Problem, reservedWords } from '@ptsdly/contract';
import { AccessLog, type Logger, type Service, Verdicts } from '@ptsdly/kit';
import { canPeek, type Kv } from '@ptsdly/kv';
import type { Clicks } from '../clicks/clicks.ts';
import { readCode } from '../codes/code.ts';
import { readPosition } from '../codes/position.ts';
import { resolve } from '../codes/resolve.ts';
import { keys } from '../keys.ts';
import { isPrivate } from '../opening/privacy.ts';
import { type CodeRecord, closedBecause } from '../sharing/link.ts';
import type { Referrals } from '../statistics/referrals.ts';
import { storeProblem } from '../store.ts';
import { isBot } from './bots.ts';
import { deadPage } from './dead-page.ts';
import type { Misses } from './misses.ts';

/** A slash and a code: by far the most frequent path, and never a fixed word. */
const PLAIN_LENGTH = 13;

const USER_AGENT = /\r\nuser-agent:[\t ]*([^\r]*)/i;
const REFERRER = /\r\nreferer:/i;
const PREFETCH = /\r\nsec-purpose:[\t ]*prefetch/i;

/** What the fields of a head say of who asks. */
const visitors = new Verdicts((fields): 'person' | 'robot' | 'referred' => {
  if (REFERRER.test(fields)) return 'referred';
  const purpose = PREFETCH.test(fields) ? 'prefetch' : undefined;
  return isRobot(USER_AGENT.exec(fields)?.[1], purpose) ? 'robot' : 'person';
}, 500);

const PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** The request headers that the answer depends on. */
type Header = (name: string) => string | undefined;

/** Headers as name, value, name, value, … which `writeHead` takes without looking at them again. */
interface Answer {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: string;
}

export interface RedirectParts {
  readonly clicks: Clicks;
  readonly referrals: Referrals;
  readonly misses: Misses;
  readonly log: Logger;
}

/**
 * `GET|HEAD /{code}`: one read of the store, one count in memory, one log line. It answers both ways a service is
 * called, as a function and on raw `node:http`. The log has the route, never the code.
 */
export class Redirect {
  readonly #kv: Kv;
  readonly #clicks: Clicks;
  readonly #referrals: Referrals;
  readonly #misses: Misses;
  readonly #log: Logger;
  readonly #access: AccessLog;

  constructor(kv: Kv, { clicks, referrals, misses, log }: RedirectParts) {
    this.#kv = kv;
    this.#clicks = clicks;
    this.#referrals = referrals;
    this.#misses = misses;
    this.#log = log;
    this.#access = new AccessLog(log, '/:code');
  }

  readonly raw: NonNullable<Service['raw']> = (request, response) => {
    const { method, url = '' } = request;
    if ((method !== 'GET' && method !== 'HEAD') || !isCodePath(url)) return false;
    const started = performance.now();
    const header = (name: string) => request.headers[name] as string | undefined;
    this.#answer(method, url, header, request.socket.remoteAddress).then(
      (answer) => this.#write(method, answer, request, response, started),
      (error) => this.#write(method, this.#failed(error), request, response, started),
    );
    return true;
  };

  /** The same for a plain `GET /{code}` of an open link that names no referrer, without building a request and a response around it. */
  readonly answerHead: NonNullable<Service['answerHead']> = (target, fields) => {
    if (target.length !== PLAIN_LENGTH) return undefined;
    const started = performance.now();
    const visitor = visitors.of(fields);
    const code = readCode(target.slice(1));
    if (code === undefined || visitor === 'referred') return undefined;
    const answer = (record: CodeRecord | undefined) =>
      this.#answerPlain(code, record, visitor === 'robot', started);
    if (!canPeek(this.#kv)) return this.#kv.get<CodeRecord>(keys.code(code)).then(answer);
    try {
      return answer(this.#kv.peek<CodeRecord>(keys.code(code)));
    } catch {
      return undefined; // the long way says what is wrong
    }
  };

  #answerPlain(
    code: string,
    record: CodeRecord | undefined,
    robot: boolean,
    started: number,
  ): string | undefined {
    if (!record || closedBecause(record, Date.now())) return undefined;
    this.#clicks.count(record[0], robot);
    this.#note('info', 'GET', 302, started);
    return plainAnswer(code);
  }

  /** The answer to a request for a code, or undefined when the request is for something else. */
  fetch(request: Request): Promise<Response> | undefined {
    const { method } = request;
    if (method !== 'GET' && method !== 'HEAD') return undefined;
    const { pathname, search } = new URL(request.url);
    if (!isCodePath(pathname)) return undefined;
    const started = performance.now();
    return this.#answer(method, pathname + search, (name) => request.headers.get(name) ?? undefined, '')
      .catch((error: unknown) => this.#failed(error))
      .then((answer) => {
        this.#note('debug', method, answer.status, started);
        const body = method === 'HEAD' || answer.body === '' ? null : answer.body;
        return new Response(body, { status: answer.status, headers: pairs(answer.headers) });
      });
  }

  /** `peer`: who is on the line; behind the gateway it says who asks. */
  async #answer(method: string, url: string, header: Header, peer = ''): Promise<Answer> {
    const query = url.indexOf('?');
    const resolved = await resolve(this.#kv, query < 0 ? url.slice(1) : url.slice(1, query));
    if (!resolved) return this.#miss(header, peer);
    const { record, segment } = resolved;
    const closed = closedBecause(record, Date.now());
    if (closed) return dead(new Problem(closed), header, record[1]);
    const robot = method === 'HEAD' || isRobot(header('user-agent'), header('sec-purpose'));
    this.#clicks.count(record[0], robot);
    const referrer = header('referer');
    if (referrer && !robot && !isPrivate(header)) this.#referrals.count(record[0], referrer);
    return found(`/watch/${segment}${query < 0 ? '' : position(url.slice(query + 1))}`);
  }

  async #miss(header: Header, peer: string): Promise<Answer> {
    try {
      await this.#misses.note(header('x-forwarded-for') ?? peer);
    } catch (refused) {
      return dead(storeProblem(refused), header);
    }
    return dead(new Problem('not_found'), header);
  }

  #write(
    method: string,
    answer: Answer,
    request: IncomingMessage,
    response: ServerResponse,
    started: number,
  ): void {
    response.writeHead(answer.status, answer.headers as string[]);
    response.end(method === 'HEAD' ? undefined : answer.body);
    if (!request.complete) request.resume();
    this.#note('info', method, answer.status, started);
  }

  #failed(error: unknown): Answer {
    const problem = storeProblem(error);
    this.#log.error({ err: problem.cause ?? problem }, 'failed');
    return problemAnswer(problem);
  }

  #note(level: 'info' | 'debug', method: string, status: number, started: number): void {
    this.#access.note(level, { method, status, ms: performance.now() - started });
  }
}

/** Whether a path is one segment and no fixed word; the single segments of the root are codes and nothing else. */
function isCodePath(url: string): boolean {
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  if (path.length < 2 || path.indexOf('/', 1) >= 0) return false;
  return path.length === PLAIN_LENGTH || !reservedWords.has(path.slice(1));
}

/** Robots by name, and pages that a browser loads before anybody has asked for them. */
function isRobot(userAgent: string | undefined, purpose: string | undefined): boolean {
  return (userAgent !== undefined && isBot(userAgent)) || purpose?.startsWith('prefetch') === true;
}

function position(query: string): string {
  const seconds = readPosition(new URLSearchParams(query).get('t'));
  return seconds === undefined ? '' : `?t=${seconds}`;
}

function found(location: string): Answer {
  const headers = [
    'location',
    location,
    'cache-control',
    'no-store',
    'referrer-policy',
    'no-referrer',
    'content-length',
    '0',
  ];
  return { status: 302, headers, body: '' };
}

let dated = { second: 0, head: '', tail: '' };

/** The bytes of `found` as `node:http` would send them; the date changes once a second. */
function plainAnswer(code: string): string {
  const second = Math.floor(Date.now() / 1000);
  if (second !== dated.second) {
    const date = new Date(second * 1000).toUTCString();
    const { headers } = found('');
    const fields = headers.slice(2).map((text, at) => (at % 2 === 0 ? `\r\n${text}: ` : text));
    const head = 'HTTP/1.1 302 Found\r\nlocation: /watch/';
    dated = { second, head, tail: `${fields.join('')}\r\nDate: ${date}\r\nConnection: keep-alive\r\n\r\n` };
  }
  return dated.head + code + dated.tail;
}

/** A link that leads nowhere: a page for people, a problem for programs, both with the true status. */
function dead(problem: Problem, header: Header, opensAt: number | null = null): Answer {
  const { code, retryAfter } = problem;
  if (!header('accept')?.includes('text/html')) return problemAnswer(problem, header('x-request-id'));
  const body = deadPage(code, header('accept-language') ?? '', code === 'not_open_yet' ? opensAt : null);
  const headers = ['content-type', 'text/html; charset=utf-8', 'content-security-policy', PAGE_POLICY];
  if (retryAfter !== undefined) headers.push('retry-after', String(Math.ceil(retryAfter)));
  return { status: problem.status, headers: [...headers, ...commonHeaders(body)], body };
}

function problemAnswer(problem: Problem, requestId?: string): Answer {
  const body = JSON.stringify(problem.toJson(requestId));
  const headers = ['content-type', 'application/problem+json', ...commonHeaders(body)];
  if (problem.retryAfter !== undefined) headers.push('retry-after', String(Math.ceil(problem.retryAfter)));
  return { status: problem.status, headers, body };
}

const commonHeaders = (body: string): string[] => [
  'cache-control',
  'no-store',
  'referrer-policy',
  'no-referrer',
  'x-content-type-options',
  'nosniff',
  'content-length',
  String(Buffer.byteLength(body)),
];

function pairs(flat: readonly string[]): [string, string][] {
  const result: [string, string][] = [];
  for (let at = 0; at + 1 < flat.length; at += 2) result.push([flat[at] as string, flat[at + 1] as string]);
  return result;
}
