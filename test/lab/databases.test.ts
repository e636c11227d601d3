import { readdir, readFile } from 'node:fs/promises';
import { openSchemas } from '@ptsdly/db';
import { type MariaDbServer, mariadbMissing, startMariaDb } from '@ptsdly/db/testing';
import { type RedisServer, redisMissing, startRedis } from '@ptsdly/kv/testing';
import { fixtures } from '@ptsdly/packager/testing';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { playThrough } from '../hls.ts';
import { Person, password, until } from '../person.ts';
import { freePort } from '../ports.ts';
import { type Product, startProduct } from '../product.ts';
import { createUpload, patch, resume, sha256 } from '../tus.ts';

/** The product as it is deployed on several machines: every service apart, all SQL in MariaDB, keys and rates in Redis. */
describe.skipIf(mariadbMissing ?? redisMissing)('the whole product on MariaDB and Redis', () => {
  let maria: MariaDbServer;
  let redis: RedisServer;
  let product: Product;
  let adminUrl: string;
  beforeAll(async () => {
    const port = await freePort();
    // over TCP, since the sandbox of a media server has no other sockets
    const network = ['--skip-networking=0', '--bind-address=127.0.0.1', `--port=${port}`];
    [maria, redis] = await Promise.all([startMariaDb(...network), startRedis()]);
    adminUrl = `mysql://tester:tester@127.0.0.1:${port}/`;
    const schemas = openSchemas(adminUrl, 'a secret of the operator');
    const [identity, subscriptions] = [await schemas.urlOf('identity'), await schemas.urlOf('subscriptions')];
    await schemas.close();
    product = await startProduct({
      topology: 'every service apart',
      env: {
        PTSDLY_IDENTITY_DATABASE: identity,
        PTSDLY_SUBSCRIPTIONS_DATABASE: subscriptions,
        PTSDLY_LINKS_STORE: redis.url('links'),
        PTSDLY_RATE_STORE: redis.url('rates').replace(/\?.*/, ''),
        PTSDLY_SERVER_DATABASE: adminUrl,
      },
    });
  });
  afterAll(async () => {
    await product?.stop();
    await Promise.all([maria?.close(), redis?.close()]);
  });

  async function ask(query: string): Promise<string[]> {
    const connection = await createConnection(adminUrl);
    const [rows] = await connection.query({ sql: query, rowsAsArray: true });
    await connection.end();
    return (rows as string[][]).map(([first]) => String(first));
  }
  /** Those in which a media server keeps its library. */
  const libraries = () =>
    ask("select table_schema from information_schema.tables where table_name = 'videos'");

  test('sign up, subscribe, upload, play, share, revoke, through the death of both stores', async () => {
    const owner = new Person(product.url);
    const email = await owner.signUp();
    const server = await owner.subscribe();
    const movie = await fixtures['H.264 and AAC, moov at the end']();
    const file = await readFile(movie);
    const upload = await createUpload(owner, server, '우리 여행.mp4', file.length);
    const half = file.subarray(0, Math.floor(file.length / 2));
    expect((await patch(owner, upload, 0, half)).status).toBe(204);

    // MariaDB dies; what it is needed for says so, and all goes on by itself when it is back.
    await maria.signal('SIGKILL');
    const away = await owner.fetch('/api/subscriptions');
    expect([away.status, (await away.json()).code]).toEqual([503, 'unavailable']);
    expect(away.headers.get('retry-after')).not.toBeNull();
    await maria.start();
    const back = async () => (await owner.fetch(`${server.url}/videos/${upload.videoId}`)).status;
    await until(back, (status) => status === 200, String, 30);
    expect((await resume(owner, upload, file)).status).toBe(204);
    const video = await owner.settled(server, upload.videoId);
    expect(video).toMatchObject({ playable: true, title: '우리 여행', sha256: sha256(file) });
    const own = await owner.media(server).playOwn({ params: { id: video.id } });
    await playThrough(new URL(own.hlsUrl, product.url), movie);

    const link = await owner.links.createLink({ body: { serverId: server.id, videoId: video.id } });
    const friend = new Person(product.url);
    const code = new URL(link.url).pathname;
    expect((await friend.fetch(code)).status).toBe(302);
    await redis.signal('SIGKILL');
    expect((await friend.fetch(code)).status).toBe(503);
    await redis.start();
    await until(
      async () => (await friend.fetch(code)).status,
      (status) => status === 302,
      String,
      30,
    );
    const { grant, serverUrl } = await friend.links.openLink({ params: { code: link.code }, body: {} });
    const shared = await friend.media({ ...server, url: serverUrl }).playGrant({ body: { grant } });
    await playThrough(new URL(shared.hlsUrl, product.url), movie);
    expect(await owner.links.revokeLink({ params: { id: link.id } })).toEqual({ stopped: true });
    expect((await friend.fetch(code)).status).toBe(410);
    const segment = await friend.fetch(new URL('v0/0.m4s', new URL(shared.hlsUrl, product.url)).pathname);
    expect(segment.status).toBe(410);

    // A control plane that dies finds the server and its schema again.
    await product.crash('subscriptions');
    const again = await owner.ready(server.id);
    expect((await owner.media(again).listVideos({})).items.map(({ id }) => id)).toEqual([video.id]);
    expect((await owner.identity.me({})).email).toBe(email);
  });

  test('each server has a schema of its own, and leaves none behind', async () => {
    const [mine] = await libraries();
    const other = new Person(product.url);
    await other.signUp('Lee');
    const server = await other.subscribe();
    const theirs = (await libraries()).filter((name) => name !== mine);
    expect(theirs).toHaveLength(1);
    const grants = await ask(`select grantee from information_schema.schema_privileges
      where table_schema in ('${mine}', '${theirs[0]}') group by grantee`);
    expect(grants.sort()).toEqual([mine, theirs[0]].map((name) => `'${name}'@'%'`).sort());
    await other.identity.deleteMe({ body: { password } });
    await until(
      libraries,
      (left) => !left.includes(theirs[0] ?? ''),
      (left) => `${left} are there`,
      30,
    );
    expect(await ask(`select user from mysql.user where user = '${theirs[0]}'`)).toEqual([]);
    // Nobody is there any more (401), or the gateway has heard already that the server is not (404).
    const { status } = await other
      .media(server)
      .listVideos({})
      .catch((cause) => cause);
    expect([401, 404]).toContain(status);
  });

  test('no database of ours is a file, and no password is told', async () => {
    const files = await readdir(product.data, { recursive: true });
    expect(files.filter((name) => /\.db$|\.mdb$/.test(name))).toEqual([]);
    const passwords = [...(await configurations(product.data))].map((url) => new URL(url).password);
    expect(passwords.length).toBeGreaterThan(0);
    const log = await product.log();
    for (const one of passwords) expect(log).not.toContain(one);
    expect(log).not.toContain('tester:tester');
  });
});

/** Database URLs of the media servers. */
async function configurations(data: string): Promise<string[]> {
  const names = (await readdir(data, { recursive: true })).filter((name) => name.endsWith('/config.json'));
  const read = names.map(async (name) => JSON.parse(await readFile(`${data}/${name}`, 'utf8')));
  return (await Promise.all(read)).map(({ databaseUrl }) => String(databaseUrl));
}
