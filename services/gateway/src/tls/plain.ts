import type { IncomingMessage, ServerResponse } from 'node:http';
import { Problem } from '@ptsdly/contract';
import type { Service } from '@ptsdly/kit';
import type { Challenges } from './acme.ts';

const CHALLENGE = /^\/\.well-known\/acme-challenge\/([\w-]{1,128})$/;

/**
 * What plain HTTP still says beside https: the answer of an ACME challenge (RFC 8555 §8.3), and where to go instead. Only
 * reading is sent there; whoever writes in the clear has given his secret away already, and shall notice.
 */
export function plainHttp(publicUrl: string, challenges: Challenges): Pick<Service, 'fetch' | 'raw'> {
  const { origin } = new URL(publicUrl);
  const raw = (request: IncomingMessage, response: ServerResponse): boolean => {
    const target = request.url ?? '/';
    const token = CHALLENGE.exec(target)?.[1];
    if (token === undefined) refer(request, response);
    else void answerChallenge(token, request, response);
    return true;
  };
  const answerChallenge = async (token: string, request: IncomingMessage, response: ServerResponse) => {
    try {
      const answer = await challenges.get(token);
      if (answer === undefined) refer(request, response);
      else response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(answer);
    } catch (cause) {
      const problem = new Problem('unavailable', { cause, retryAfter: 2 });
      response.writeHead(problem.status, problem.responseHeaders()).end(JSON.stringify(problem.toJson()));
    }
  };
  const refer = (request: IncomingMessage, response: ServerResponse): void => {
    const target = request.url ?? '/';
    response.shouldKeepAlive = false;
    const reads = request.method === 'GET' || request.method === 'HEAD';
    if (reads && target.startsWith('/')) {
      response.writeHead(308, { location: origin + target }).end();
    } else {
      const problem = new Problem('bad_request', { detail: `Use ${origin}.` });
      response.writeHead(400, problem.responseHeaders()).end(JSON.stringify(problem.toJson()));
    }
  };
  return { raw, fetch: async () => new Response(null, { status: 404 }) };
}
