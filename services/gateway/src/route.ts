import {
  type Access,
  type Api,
  identityApi,
  identityRawRoutes,
  libraryApi,
  linksApi,
  linksRawRoutes,
  linkTransferApi,
  mediaApi,
  mediaRawRoutes,
  reportsApi,
  subscriptionsApi,
  subscriptionsRawRoutes,
  webApi,
  webhooksApi,
} from '@ptsdly/contract';
import { RegExpRouter } from 'hono/router/reg-exp-router';
import { SmartRouter } from 'hono/router/smart-router';
import { TrieRouter } from 'hono/router/trie-router';

/** The services behind the gateway; `media` is one server per subscriber, found by the slug in the path. */
export type Upstream = 'identity' | 'subscriptions' | 'links' | 'web' | 'media' | 'gateway';

/** At most `points` requests in `seconds` from one client address. */
export interface RateLimit {
  readonly points: number;
  readonly seconds: number;
}

/** One row of the route table. */
export interface Route {
  readonly methods: readonly string[];
  /** Template; also what logs and metrics say instead of the path, which may carry a secret. */
  readonly path: string;
  readonly upstream: Upstream;
  readonly access: Access;
  /** Bytes; undefined means that the upstream decides (uploads). */
  readonly maxBody: number | undefined;
  readonly limit: RateLimit | undefined;
}

const DEFAULT_BODY = 64 * 1024;
const UNLIMITED = undefined;

/** Guessing passwords and making accounts is slow for one address; everything else is generous. */
const limits: Readonly<Record<string, RateLimit>> = {
  '/api/auth/sign-up/email': { points: 20, seconds: 60 },
  '/api/auth/sign-in/email': { points: 30, seconds: 60 },
  '/api/auth/sign-in/social': { points: 30, seconds: 60 },
  '/api/auth/device': { points: 20, seconds: 60 },
  '/api/me/device-grants/find': { points: 30, seconds: 60 },
  '/api/me/device-grants/decide': { points: 30, seconds: 60 },
  '/api/links/:code/open': { points: 300, seconds: 60 },
  '/api/links/:code/report': { points: 10, seconds: 60 },
  '/api/links/:code/progress': { points: 300, seconds: 60 },
  'POST /api/links/import': { points: 20, seconds: 60 },
  'POST /api/links/batch': { points: 30, seconds: 60 },
  'POST /api/webhooks': { points: 30, seconds: 60 },
  '/api/webhooks/:id/test': { points: 30, seconds: 60 },
  'POST /api/links': { points: 240, seconds: 60 },
  'PATCH /api/links/:id': { points: 240, seconds: 60 },
};
const apiLimit: RateLimit = { points: 1200, seconds: 60 };

/** The whole table: what is not in it does not exist from outside. */
export const routes: readonly Route[] = [
  ...fromApi(identityApi, 'identity'),
  ...identityRawRoutes.map((route) => ({
    ...page([...route.methods], route.path, 'identity'),
    access: route.access,
    limit: apiLimit,
  })),
  ...fromApi(subscriptionsApi, 'subscriptions'),
  ...subscriptionsRawRoutes.map((route) => ({
    ...page([...route.methods], route.path, 'subscriptions'),
    access: route.access,
    maxBody: route.maxBody ?? DEFAULT_BODY,
    limit: apiLimit,
  })),
  // Before `/api/links/:id`, which would take `export` for an id.
  ...linksRawRoutes.map((route) => ({
    ...page([...route.methods], route.path, 'links'),
    access: route.access,
    limit: apiLimit,
  })),
  ...fromApi(linkTransferApi, 'links'),
  ...fromApi(linksApi, 'links'),
  ...fromApi(webhooksApi, 'links'),
  ...fromApi(reportsApi, 'links'),
  ...fromApi(webApi, 'web'),
  page(['GET'], '/api/openapi.json', 'gateway'),
  ...fromApi(mediaApi, 'media', '/m/:slug'),
  ...fromApi(libraryApi, 'media', '/m/:slug'),
  ...mediaRawRoutes.map((route) => ({
    methods: route.methods,
    path: `/m/:slug${route.path}`,
    upstream: 'media' as const,
    access: route.access,
    maxBody: UNLIMITED,
    limit: undefined,
  })),
  page(['GET', 'HEAD'], '/watch/:code/card.jpg', 'links'),
  page(['GET', 'HEAD'], '/', 'web'),
  page(['GET', 'HEAD'], '/app', 'web'),
  page(['GET', 'HEAD'], '/app/*', 'web'),
  page(['GET', 'HEAD'], '/assets/*', 'web'),
  page(['GET', 'HEAD'], '/watch/:code', 'web'),
  page(['GET', 'HEAD'], '/embed/:code', 'web'),
  page(['GET', 'HEAD'], '/favicon.ico', 'web'),
  page(['GET', 'HEAD'], '/favicon.svg', 'web'),
  page(['GET', 'HEAD'], '/robots.txt', 'web'),
  page(['GET', 'HEAD'], '/:code', 'links'),
];

function fromApi(api: Api, upstream: Upstream, base = ''): Route[] {
  return Object.values(api).map((endpoint) => ({
    methods: [endpoint.method],
    path: base + endpoint.path,
    upstream,
    access: endpoint.access,
    maxBody: endpoint.maxBody ?? DEFAULT_BODY,
    limit: limits[`${endpoint.method} ${endpoint.path}`] ?? limits[endpoint.path] ?? apiLimit,
  }));
}

function page(methods: string[], path: string, upstream: Upstream): Route {
  return { methods, path, upstream, access: 'open', maxBody: DEFAULT_BODY, limit: undefined };
}

export interface RouteMatch {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/** Finds the row for a method and a path; the first in the table wins. */
export class RouteTable {
  readonly #router = new SmartRouter<Route>({ routers: [new RegExpRouter(), new TrieRouter()] });
  readonly #any = new SmartRouter<Route>({ routers: [new RegExpRouter(), new TrieRouter()] });
  /** By method and path, of the rows without a parameter, which most calls go to. */
  readonly #fixed = new Map<string, RouteMatch>();

  constructor(table: readonly Route[] = routes) {
    for (const route of table) {
      for (const method of route.methods) this.#router.add(method, route.path, route);
      this.#any.add('GET', route.path, route);
    }
    for (const { methods, path } of table) {
      if (!/[:*]/.test(path))
        for (const method of methods)
          this.#fixed.set(`${method} ${path}`, this.#search(method, path) as RouteMatch);
    }
  }

  match(method: string, path: string): RouteMatch | undefined {
    return this.#fixed.get(`${method} ${path}`) ?? this.#search(method, path);
  }

  #search(method: string, path: string): RouteMatch | undefined {
    return firstMatch(this.#router, method, path);
  }

  /** The methods that some row offers for a path; empty where the path does not exist at all. */
  allowedMethods(path: string): readonly string[] {
    const [rows] = this.#any.match('GET', path);
    return [...new Set(rows.flatMap(([route]) => route.methods))];
  }
}

function firstMatch(router: SmartRouter<Route>, method: string, path: string): RouteMatch | undefined {
  const [rows, stash] = router.match(method, path);
  const row = rows[0];
  if (!row) return undefined;
  const [route, indices] = row;
  const entries = Object.entries(indices as Record<string, string | number>).map(([name, value]) => [
    name,
    typeof value === 'number' ? (stash?.[value] ?? '') : value,
  ]);
  return { route, params: Object.fromEntries(entries) };
}
