import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  createClient,
  endpoint,
  openApiDocument,
  Problem,
  type ProblemCode,
  problems,
  requestPath,
} from './index.ts';

const api = {
  get: endpoint({
    method: 'GET',
    path: '/things/:id',
    access: 'open',
    summary: 'One thing',
    params: z.object({ id: z.string() }),
    query: z.object({ deep: z.boolean().optional() }),
    response: z.object({ id: z.string() }),
  }),
  remove: endpoint({
    method: 'DELETE',
    path: '/things/:id',
    access: 'open',
    summary: 'Remove',
    params: z.object({ id: z.string() }),
  }),
};

test.each(Object.keys(problems) as ProblemCode[])(
  'the problem %s crosses HTTP and stays itself',
  async (code) => {
    const sent = new Problem(code, {
      detail: 'because',
      errors: [{ field: 'a', message: 'b' }],
      retryAfter: 3,
    });
    const response = sent.toResponse('request-1');
    expect(response.status).toBe(problems[code][0]);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    const received = await Problem.fromResponse(response);
    expect(received).toMatchObject({ code, detail: 'because', retryAfter: 3, requestId: 'request-1' });
    expect(received.errors).toEqual([{ field: 'a', message: 'b' }]);
  },
);

test('an answer that is not ours becomes the problem of its status', async () => {
  expect((await Problem.fromResponse(new Response('<html>', { status: 404 }))).code).toBe('not_found');
  expect((await Problem.fromResponse(new Response('', { status: 599 }))).code).toBe('internal');
  expect((await Problem.fromResponse(new Response('', { status: 418 }))).code).toBe('bad_request');
});

test('whatever is thrown becomes internal, and keeps its cause for the log only', () => {
  const problem = Problem.from(new Error('password=hunter2'));
  expect(problem.code).toBe('internal');
  expect(JSON.stringify(problem.toJson())).not.toContain('hunter2');
});

test('a client fills in the path, parses the answer and rejects with problems', async () => {
  const requests: Request[] = [];
  const client = createClient(api, {
    baseUrl: 'http://x.test/m/slug/',
    fetch: async (request) => {
      requests.push(request);
      if (request.method === 'DELETE') return new Response(null, { status: 204 });
      return request.url.includes('missing')
        ? new Problem('not_found').toResponse()
        : Response.json({ id: 'a/b' });
    },
  });
  expect(await client.get({ params: { id: 'a/b' }, query: { deep: true } })).toEqual({ id: 'a/b' });
  expect(requests[0]?.url).toBe('http://x.test/m/slug/things/a%2Fb?deep=true');
  expect(await client.remove({ params: { id: 'x' } })).toBeUndefined();
  await expect(client.get({ params: { id: 'missing' } })).rejects.toMatchObject({ code: 'not_found' });
});

test('a peer that cannot be reached is unavailable; an answer of another shape is refused', async () => {
  const away = createClient(api, {
    baseUrl: 'http://x',
    fetch: () => Promise.reject(new Error('ECONNREFUSED')),
  });
  await expect(away.get({ params: { id: 'x' } })).rejects.toMatchObject({
    code: 'unavailable',
    retryAfter: 1,
  });
  const wrong = createClient(api, { baseUrl: 'http://x', fetch: async () => Response.json({ id: 7 }) });
  await expect(wrong.get({ params: { id: 'x' } })).rejects.toThrow();
});

test('undefined query values are left out', () => {
  expect(requestPath(api.get, { params: { id: '1' }, query: { deep: undefined } })).toBe('/things/1');
});

test('the OpenAPI document covers every public operation, and nothing internal', () => {
  const document = openApiDocument('http://localhost:8080') as {
    paths: Record<string, Record<string, unknown>>;
  };
  const operations = Object.values(document.paths).flatMap((path) => Object.keys(path));
  expect(operations.length).toBeGreaterThan(30);
  expect(Object.keys(document.paths).filter((path) => path.includes('internal'))).toEqual([]);
  expect(JSON.stringify(document)).toContain('#/components/schemas/Problem');
});
