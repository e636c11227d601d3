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

/** Requests codes of a file, each as likely as any other, and prints what it did as JSON. */
const SCRIPT = `
local codes
function init(args)
  math.randomseed(os.time())
  codes = io.open(args[1]):read("*a")
end
function request()
  local at = math.random(0, #codes / ${LINE} - 1) * ${LINE}
  return "GET /" .. codes:sub(at + 1, at + ${LINE - 1}) .. " HTTP/1.1\\r\\n${HEADERS.join('\\r\\n')}\\r\\n\\r\\n"
end
function done(summary)
  local e = summary.errors
  io.write(string.format('{"requests":%d,"errors":%d}', summary.requests,
    e.connect + e.read + e.write + e.status + e.timeout))
end
`;

/** Loads a server with GET of random codes from a file; wrk does this on one thread. */
export interface Load {
  readonly connections: number;
  /** Resolves with the number of requests that were answered. Rejects when one of them failed. */
  run(url: string, seconds: number): Promise<number>;
}

export async function prepareLoad(folder: string, codesFile: string, connections: number): Promise<Load> {
  const script = join(folder, 'codes.lua');
  await writeFile(script, SCRIPT);
  return {
    connections,
    async run(url, seconds) {
      const args = ['-t', '1', '-c', String(connections), '-d', `${seconds}s`, '-s', script];
      const { stdout } = await run('wrk', [...args, url, '--', codesFile]);
      const { requests, errors } = JSON.parse(stdout.slice(stdout.lastIndexOf('{'))) as Record<
        string,
        number
      >;
      if (!requests || errors) throw new Error(`${errors} of ${requests} requests to ${url} failed`);
      return requests;
    },
  };
}
