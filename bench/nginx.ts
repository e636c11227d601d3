import { readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, start, untilAnswers } from './processes.ts';

export interface Nginx {
  readonly url: string;
  /** The one worker, which does all the work. */
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

/** nginx with one worker and its access log on, as shipped by Debian, with one location; `more` stands before its server, `locations` beside that. */
export async function startNginx(
  folder: string,
  location: string,
  status: number,
  more = '',
  locations = '',
): Promise<Nginx> {
  const port = await freePort();
  const configuration = join(folder, 'nginx.conf');
  await writeFile(configuration, configure(folder, port, { location, more, locations }));
  const logFile = join(folder, 'nginx.log');
  const master = start('nginx', ['-p', folder, '-c', configuration], { logFile });
  const url = `http://127.0.0.1:${port}`;
  await untilAnswers(url, status, logFile);
  return { url, pids: [await worker(master.pid)], stop: () => master.stop() };
}

interface Parts {
  readonly location: string;
  readonly more: string;
  readonly locations: string;
}

const configure = (folder: string, port: number, { location, more, locations }: Parts) => `
daemon off;
user ${userInfo().username};
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/nginx.log;
events { worker_connections 1024; }
http {
  access_log ${folder}/nginx-access.log;
  keepalive_requests 1000000000;
  ${more}
  server {
    listen 127.0.0.1:${port};
    location / { ${location} }
    ${locations}
  }
}
`;

async function worker(master: number): Promise<number> {
  for (;;) {
    const children = await readFile(`/proc/${master}/task/${master}/children`, 'utf8');
    if (children.trim()) return Number(children.trim().split(' ')[0]);
    await sleep(10);
  }
}
