import type { Host, HostOptions } from './host.ts';

/** Opens the host behind a URL: `process:<folder>`, one folder below it a server. */
export async function openHost(url: string, options: HostOptions): Promise<Host> {
  const colon = url.indexOf(':');
  const [scheme, location] = [url.slice(0, colon), url.slice(colon + 1)];
  if (scheme !== 'process') throw new Error(`no host driver for "${scheme}:"; there is process:`);
  const { openProcessHost } = await import('./process/process-host.ts');
  return openProcessHost(location, options);
}
