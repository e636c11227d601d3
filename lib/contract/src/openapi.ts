import { z } from 'zod';
import { subscriptionsApi } from './billing.ts';
import { type Api, type Endpoint, successStatus } from './endpoint.ts';
import { identityApi } from './identity.ts';
import { libraryApi } from './library.ts';
import { linkTransferApi } from './link-transfer.ts';
import { linksApi } from './links.ts';
import { mediaApi } from './media.ts';
import { problems } from './problem.ts';
import {
  identityRawRoutes,
  linksRawRoutes,
  mediaRawRoutes,
  type RawRoute,
  subscriptionsRawRoutes,
} from './routes.ts';
import { webApi } from './web.ts';
import { webhooksApi } from './webhooks.ts';

type Json = Record<string, unknown>;

/** Prefix of a media server's paths in the one origin. */
const MEDIA_BASE = '/m/:slug';

/** The public contract as OpenAPI 3.1, made of the same data that validates and calls. */
export function openApiDocument(serverUrl: string): Json {
  const paths: Record<string, Json> = {};
  const add = (api: Api, tag: string, base = '') => {
    for (const [name, endpoint] of Object.entries(api)) {
      const path = templated(base + endpoint.path);
      paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: operation(name, tag, base, endpoint) };
    }
  };
  add(identityApi, 'identity');
  add(subscriptionsApi, 'subscriptions');
  add(linksApi, 'links');
  add(linkTransferApi, 'links');
  add(webhooksApi, 'webhooks');
  add(webApi, 'web');
  add(mediaApi, 'media', MEDIA_BASE);
  add(libraryApi, 'media', MEDIA_BASE);
  const addRaw = (routes: readonly RawRoute[], tag: string, base = '') => {
    for (const route of routes) {
      const path = templated(base + route.path);
      for (const method of route.methods) {
        paths[path] = { ...paths[path], [method.toLowerCase()]: rawOperation(route, tag, base) };
      }
    }
  };
  addRaw(identityRawRoutes, 'identity');
  addRaw(subscriptionsRawRoutes, 'subscriptions');
  addRaw(linksRawRoutes, 'links');
  addRaw(mediaRawRoutes, 'media', MEDIA_BASE);
  return {
    openapi: '3.1.0',
    info: { title: 'PTSD.ly', version: '0.1.0', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: serverUrl }],
    paths,
    components: {
      schemas: { Problem: problemSchema },
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: '__Host-ptsdly' },
        token: { type: 'http', scheme: 'bearer' },
      },
    },
  };
}

const problemSchema: Json = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', enum: Object.keys(problems) },
    requestId: { type: 'string' },
    errors: {
      type: 'array',
      items: { type: 'object', properties: { field: { type: 'string' }, message: { type: 'string' } } },
    },
  },
};

function operation(name: string, tag: string, base: string, endpoint: Endpoint): Json {
  const responses: Record<string, Json> = {
    [successStatus(endpoint)]: {
      description: 'Success',
      ...(endpoint.response ? { content: jsonContent(endpoint.response, 'output') } : {}),
    },
  };
  for (const code of endpoint.problems ?? []) {
    const status = problems[code][0];
    const known = responses[status]?.description;
    responses[status] = problemResponse(known ? `${known}, \`${code}\`` : `\`${code}\``);
  }
  responses.default = problemResponse('Any other problem');
  return {
    operationId: name,
    tags: [tag],
    summary: endpoint.summary,
    parameters: [...pathParameters(base + endpoint.path), ...queryParameters(endpoint)],
    ...(endpoint.body
      ? { requestBody: { required: true, content: jsonContent(endpoint.body, 'input') } }
      : {}),
    responses,
    security: security(endpoint.access),
  };
}

function rawOperation(route: RawRoute, tag: string, base: string): Json {
  return {
    tags: [tag],
    summary: route.summary,
    parameters: pathParameters(base + route.path),
    responses: { default: { description: 'See the summary; errors are problems' } },
    security: security(route.access),
  };
}

const security = (access: Endpoint['access']) => (access === 'user' ? [{ session: [] }, { token: [] }] : []);

const templated = (path: string) => path.replace(/:(\w+)/g, '{$1}').replace(/\*$/, '{path}');

function pathParameters(path: string): Json[] {
  const names = [...templated(path).matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
  return names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
}

function queryParameters(endpoint: Endpoint): Json[] {
  if (!endpoint.query) return [];
  const schema = jsonSchema(endpoint.query, 'input') as { properties?: Json; required?: string[] };
  return Object.entries(schema.properties ?? {}).map(([name, property]) => ({
    name,
    in: 'query',
    required: schema.required?.includes(name) ?? false,
    schema: property,
  }));
}

const jsonContent = (schema: z.ZodType, io: 'input' | 'output') => ({
  'application/json': { schema: jsonSchema(schema, io) },
});

const jsonSchema = (schema: z.ZodType, io: 'input' | 'output') =>
  z.toJSONSchema(schema, { io, unrepresentable: 'any' });

const problemResponse = (description: string): Json => ({
  description,
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
});
