import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Headers as a browser sends them, for every server alike. */
const HEADERS = [
  'Host: ptsd.example',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  'Accept: text/html',
];

/** A code and the end of its line. */
const LINE = 13;

/** Scatters the popular codes of Zipf's law over the file: a prime that no number of codes here is a multiple of. */
const SCATTER = 611_953;

/**
 * Requests codes of a file and prints what it did as JSON. `uniform`: each as likely as any other; `zipf`: the n-th most
 * popular one with a probability of 1/n over their sum, drawn by inverting the sum's continuous form, ln n / ln N.
 */
const SCRIPT = `
local codes, count, zipf
function init(args)
  math.randomseed(os.time())
  codes = io.open(args[1]):read("*a")
  count = #codes / ${LINE}
  zipf = args[2] == "zipf"
end
function request()
  local n = math.random(0, count - 1)
  if zipf then n = (math.floor(count ^ math.random()) * ${SCATTER}) % count end
  local at = n * ${LINE}
  return "GET /" .. codes:sub(at + 1, at + ${LINE - 1}) .. " HTTP/1.1\\r\\n${HEADERS.join('\\r\\n')}\\r\\n\\r\\n"
end
function done(summary, latency)
  local e = summary.errors
  io.write(string.format('{"requests":%d,"errors":%d,"p50":%f,"p99":%f}', summary.requests,
    e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(50) / 1e6, latency:percentile(99) / 1e6))
end
`;

/** How often each code is asked for. */
export type Popularity = 'uniform' | 'zipf';

export interface LoadResult {
  /** Those that were answered. */
  readonly requests: number;
  /** Seconds from a request to its answer, half of them and 99 of 100 at most. */
  readonly p50: number;
  readonly p99: number;
}

/** Loads a server with GET of random codes from a file; wrk does this on one thread. */
export interface Load {
  readonly connections: number;
  /** Rejects when a request failed. */
  run(url: string, seconds: number): Promise<LoadResult>;
}

export interface LoadOptions {
  readonly codesFile: string;
  readonly connections: number;
  readonly popularity?: Popularity;
}

export async function prepareLoad(folder: string, options: LoadOptions): Promise<Load> {
  const { codesFile, connections, popularity = 'uniform' } = options;
  const script = join(folder, 'codes.lua');
  await writeFile(script, SCRIPT);
  return {
    connections,
    async run(url, seconds) {
      const args = ['-t', '1', '-c', String(connections), '-d', `${seconds}s`, '-s', script];
      const { stdout } = await run('wrk', [...args, url, '--', codesFile, popularity]);
      const said = JSON.parse(stdout.slice(stdout.lastIndexOf('{'))) as LoadResult & { errors: number };
      const { requests, errors } = said;
      if (!requests || errors) throw new Error(`${errors} of ${requests} requests to ${url} failed`);
      return said;
    },
  };
}

/** Loads one address with GET, with these headers; resolves with the number of requests that were answered 200. */
export async function hammer(
  folder: string,
  url: string,
  headers: Readonly<Record<string, string>>,
  { connections, seconds }: { connections: number; seconds: number },
): Promise<number> {
  const script = join(folder, 'hammer.lua');
  const done = SCRIPT.slice(SCRIPT.indexOf('function done'));
  await writeFile(script, done);
  const fields = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const args = ['-t', '1', '-c', String(connections), '-d', `${seconds}s`, '-s', script, ...fields, url];
  const { stdout } = await run('wrk', args);
  const { requests, errors } = JSON.parse(stdout.slice(stdout.lastIndexOf('{'))) as Record<string, number>;
  if (!requests || errors) throw new Error(`${errors} of ${requests} requests to ${url} failed`);
  return requests;
}
