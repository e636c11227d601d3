import type { Host, HostOptions } from './host.ts';

type Open = (location: string, options: HostOptions) => Promise<Host>;

/** A driver is loaded when its scheme is used. */
const drivers: Readonly<Record<string, () => Promise<Open>>> = {
  ec2: async () => (await import('./ec2/ec2-host.ts')).openEc2Host,
  process: async () => (await import('./process/process-host.ts')).openProcessHost,
  swarm: async () => (await import('./swarm/swarm-host.ts')).openSwarmHost,
};

/**
 * Opens the host behind a URL: `process:<folder>`, one folder below it a server, `swarm:[<engine>]?…` or
 * `ec2:<region>?…`.
 */
export async function openHost(url: string, options: HostOptions): Promise<Host> {
  const colon = url.indexOf(':');
  const [scheme, location] = [url.slice(0, colon), url.slice(colon + 1)];
  const driver = drivers[scheme];
  if (!driver) {
    const known = Object.keys(drivers).map((name) => `${name}:`);
    throw new Error(`no host driver for "${scheme}:"; there are ${known.join(', ')}`);
  }
  return (await driver())(location, options);
}
