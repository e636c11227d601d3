import { lookup } from 'node:dns/promises';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '@ptsdly/contract';
import { isPublicAddress } from './public-address.ts';

/** How the world is looked at; tests have a smaller one. */
export interface Surroundings {
  /** All addresses of a name. */
  resolve(host: string): Promise<readonly string[]>;
  allows(address: string): boolean;
  allowsPort(port: number): boolean;
  /** Milliseconds in which the head of an answer must come, redirects not counted. */
  readonly headMs: number;
}

export const internet: Surroundings = {
  resolve: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
  allows: isPublicAddress,
  // of the ports that need rights only those of the web: nobody's mail server is to hear from us
  allowsPort: (port) => port === 80 || port === 443 || port >= 1024,
  headMs: 15_000,
};

const MAX_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export interface SourceRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/**
 * Opens a URL that a stranger has written. A name is resolved once, and the connection goes to the very address that
 * was looked at, so that a second look-up cannot lead elsewhere; each redirect is treated like the first URL. Nothing
 * of ours is sent along. Rejects with `import_address`, `import_private`, `import_unreachable` or `import_failed`.
 */
export async function openSource(asked: SourceRequest, world: Surroundings): Promise<IncomingMessage> {
  let url = readUrl(asked.url, world);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const response = await get(url, asked, world);
    const { statusCode = 0, headers } = response;
    if (!REDIRECTS.has(statusCode)) return response;
    response.destroy();
    if (!headers.location) throw failed('It redirects to nowhere.');
    url = readUrl(headers.location, world, url);
  }
  throw failed('It redirects too often.');
}

/** Throws `import_address`. */
function readUrl(text: string, world: Surroundings, base?: URL): URL {
  if (!URL.canParse(text, base)) throw refused('import_address', 'This is not an address.');
  const url = new URL(text, base);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw refused('import_address', 'Only http and https are offered.');
  if (url.username || url.password)
    throw refused('import_address', 'An address with a password in it is not offered.');
  const port = Number(url.port || (url.protocol === 'http:' ? 80 : 443));
  if (!world.allowsPort(port)) throw refused('import_address', 'This port is not offered.');
  return url;
}

async function get(url: URL, asked: SourceRequest, world: Surroundings): Promise<IncomingMessage> {
  const address = await addressOf(url, world);
  const open = url.protocol === 'http:' ? requestHttp : requestHttps;
  const head = AbortSignal.timeout(world.headMs);
  return new Promise((resolve, reject) => {
    const request = open(url, {
      agent: false, // no connection is kept for another tenant
      lookup: only(address),
      headers: {
        ...asked.headers,
        'user-agent': 'PTSD.ly import',
        accept: '*/*',
        'accept-encoding': 'identity',
      },
      signal: asked.signal,
    });
    const late = () => request.destroy(new Error('no answer in time'));
    head.addEventListener('abort', late, { once: true });
    request.once('error', (cause) => reject(failed('It does not answer.', cause, 'import_unreachable')));
    request.once('response', (response) => {
      head.removeEventListener('abort', late);
      request.on('error', () => undefined); // the body tells it
      resolve(response);
    });
    request.end();
  });
}

/** The one address to connect to. */
async function addressOf(url: URL, world: Surroundings): Promise<string> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const addresses = isIP(host) ? [host] : await resolve(host, world);
  const [first] = addresses;
  if (first === undefined) throw failed('There is no such host.', undefined, 'import_unreachable');
  // a name with one private address among others is a trap, or a mistake
  if (!addresses.every((address) => world.allows(address)))
    throw refused('import_private', 'This address is not open to everybody.');
  return first;
}

async function resolve(host: string, world: Surroundings): Promise<readonly string[]> {
  const late = sleep(world.headMs, undefined, { ref: false }).then(() => {
    throw new Error('no answer in time');
  });
  return Promise.race([world.resolve(host), late]).catch((cause: unknown) => {
    throw failed('There is no such host.', cause, 'import_unreachable');
  });
}

/** A look-up that knows one answer. */
function only(address: string): LookupFunction {
  const family = isIP(address);
  return (_host, options, callback) => {
    if (options.all) callback(null, [{ address, family }]);
    else callback(null, address, family);
  };
}

/** Where it leads, or what it is, is not what is fetched. */
export const refused = (code: 'import_address' | 'import_private' | 'import_no_video', detail: string) =>
  new Problem(code, { detail });
/** The other side does not give it. */
export const failed = (
  detail: string,
  cause?: unknown,
  code: 'import_failed' | 'import_unreachable' | 'import_denied' = 'import_failed',
) => new Problem(code, { detail, cause });
