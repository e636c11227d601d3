import { type MediaHealth, mediaHealth } from '@ptsdly/contract';

const TIMEOUT_MS = 2000;
const MAX_BYTES = 4096;

/** What answers at this address of our own network; undefined when nothing does, or nothing of ours. */
export async function healthAt(address: string): Promise<MediaHealth | undefined> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(`${address}/healthz`, { signal, redirect: 'error' });
    if (!response.ok || Number(response.headers.get('content-length') ?? 0) > MAX_BYTES) return undefined;
    return mediaHealth.parse(await response.json());
  } catch {
    return undefined;
  }
}
