import {
  createClient,
  identityApi,
  linksApi,
  mediaApi,
  type Scope,
  subscriptionsApi,
} from '@ptsdly/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Person, until } from '../person.ts';
import { type Product, startProduct } from '../product.ts';

/** A program with a token of its owner's making, through the one door. */

let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.stop());

function program(token: string, base = '') {
  const options = {
    baseUrl: product.url + base,
    fetch: (request: Request) => fetch(request),
    headers: () => ({ authorization: `Bearer ${token}` }),
  };
  return createClient({ ...identityApi, ...subscriptionsApi, ...linksApi, ...mediaApi }, options);
}

test('a token reaches what its scopes name, until it is revoked', async () => {
  const kim = new Person(product.url);
  await kim.signUp();
  const server = await kim.subscribe();
  const make = async (...scopes: Scope[]) =>
    kim.identity.createToken({ body: { name: scopes.join(), scopes } });
  const writer = await make('videos:write', 'servers:read');
  const reader = await make('links:read');

  expect((await program(writer.token).listServers({})).items[0]?.id).toBe(server.id);
  const library = program(writer.token, server.url);
  expect((await library.listVideos({})).items).toEqual([]);
  const refused = { code: 'insufficient_scope' };
  await expect(program(writer.token).listLinks({})).rejects.toMatchObject(refused);
  await expect(program(writer.token).me({})).rejects.toMatchObject(refused);
  await expect(program(reader.token, server.url).listVideos({})).rejects.toMatchObject(refused);
  const upload = (token: string) =>
    fetch(`${product.url}${server.url}/uploads`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'tus-resumable': '1.0.0',
        'upload-length': '10',
        'upload-metadata': `filename ${btoa('a.mp4')}`,
      },
    });
  expect((await upload(reader.token)).status).toBe(403);
  expect((await upload(writer.token)).status).toBe(201);
  expect((await program(reader.token).listLinks({})).items).toEqual([]);

  await kim.identity.revokeToken({ params: { id: writer.id } });
  const status = (call: Promise<unknown>) =>
    call.then(
      () => 'ok',
      (error: { code: string }) => error.code,
    );
  for (const ask of [() => program(writer.token).listServers({}), () => library.listVideos({})])
    await until(
      () => status(ask()),
      (code) => code === 'unauthenticated',
      String,
      6,
    );
  expect(await product.log()).not.toContain(writer.token.slice(11));
});
