import { get } from 'node:http';
import { mediaHealth } from '@ptsdly/contract';

const TIMEOUT_MS = 1000;
const MAX_BYTES = 4096;

/** True when the media server with this id and generation answers `GET /healthz` on its socket. Never rejects. */
export function answersHealth(
  socketPath: string,
  serverId: string,
  generation: number,
  timeout = TIMEOUT_MS,
): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ socketPath, path: '/healthz', agent: false, timeout }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        if (text.length > MAX_BYTES) request.destroy();
      });
      response.on('error', () => resolve(false));
      response.on('close', () => resolve(response.statusCode === 200 && names(text, serverId, generation)));
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}

function names(text: string, serverId: string, generation: number): boolean {
  try {
    const health = mediaHealth.parse(JSON.parse(text));
    return health.serverId === serverId && health.generation === generation;
  } catch {
    return false;
  }
}
