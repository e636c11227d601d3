import type { Service } from '@ptsdly/kit';

const PATH = /^\/([a-z]+)\/(metrics|healthz|readyz)$/;

/** What a monitor may ask of the services of this process: `/<service>/metrics`, `/healthz` and `/readyz`. */
export function monitoring(services: () => readonly (readonly [string, Service])[]): Pick<Service, 'fetch'> {
  return {
    async fetch(request) {
      const [, name, what] = PATH.exec(new URL(request.url).pathname) ?? [];
      const service = services().find(([known]) => known === name)?.[1];
      if (!service || request.method !== 'GET') return new Response(null, { status: 404 });
      return service.fetch(new Request(`http://service/${what}`));
    },
  };
}
