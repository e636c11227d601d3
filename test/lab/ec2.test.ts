import { readFile } from 'node:fs/promises';
import { GetObjectCommand, ListBucketsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import type { Server } from '@ptsdly/contract';
import { fixtures } from '@ptsdly/packager/testing';
import { hostConformance } from '@ptsdly/subscriptions/conformance';
import { Cloud, openEc2Fixture } from '@ptsdly/subscriptions/testing/ec2';
import { allRows, crashEverywhere, openEc2World } from '@ptsdly/subscriptions/testing/ec2-crashes';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { playThrough } from '../hls.ts';
import { Person, until } from '../person.ts';
import { freePort } from '../ports.ts';
import { type Product, startProduct } from '../product.ts';
import { createUpload, patch, sha256 } from '../tus.ts';
import { type Radosgw, startRadosgw } from './radosgw.ts';

/** Instances here are sandboxes that run their user data; buckets and lent keys are those of a real store. */

hostConformance('ec2, with instances that run their user data', () => openEc2Fixture({ visibleMs: 100 }));

/** Reads change nothing: stopped at one of them, a control plane has done what the call before it did. */
const isChange = ({ name }: { name: string }) => !/^(Describe|List)/.test(name);

describe('a control plane that dies at any call', { timeout: 600_000 }, () => {
  test.each(allRows)('of those that $name', async (row) => {
    const moments = await crashEverywhere({ open: openEc2World, at: isChange, patienceMs: 30_000 }, row);
    expect(moments.length).toBeGreaterThanOrEqual(4);
  });
});

describe('a subscriber on EC2', () => {
  let s3: Radosgw;
  let cloud: Cloud;
  let product: Product;
  beforeAll(async () => {
    [s3, cloud] = await Promise.all([startRadosgw(), Cloud.open({ visibleMs: 500, bootMs: 200 })]);
    const query = new URLSearchParams({
      ...{ image: 'ami-1', types: 't4g.small', subnets: 'subnet-a,subnet-b', vpc: 'vpc-1', look: '0.5' },
      ...{
        role: await s3.makeRole(),
        account: 'tester',
        ec2: cloud.api.url,
        s3: s3.endpoint,
        sts: s3.endpoint,
      },
    });
    const env = {
      PTSDLY_SERVER_HOST: `ec2:us-east-1?${query}`,
      PTSDLY_CONTROL_URL: `http://127.0.0.1:${await freePort()}`,
      PTSDLY_CLOUD_KEY: `${s3.keys.accessKeyId}:${s3.keys.secretAccessKey}`,
      PTSDLY_SLEEP_AFTER: '4',
    };
    product = await startProduct({ env });
  }, 300_000);
  afterAll(async () => {
    await product?.stop();
    await cloud?.close();
    await s3?.stop();
  }, 60_000);

  const client = (credentials = s3.keys) =>
    new S3Client({
      ...{ endpoint: s3.endpoint, region: 'us-east-1', credentials, forcePathStyle: true },
      ...{ requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' },
    });
  const buckets = async () => {
    const { Buckets = [] } = await client().send(new ListBucketsCommand({}));
    return Buckets.map(({ Name = '' }) => Name).filter((name) => name.startsWith('ptsdly-'));
  };
  const objectsIn = async (Bucket: string) => {
    const { Contents = [] } = await client().send(new ListObjectsV2Command({ Bucket }));
    return Contents.map(({ Key = '' }) => Key);
  };
  const state = (owner: Person, server: Server, wanted: string, seconds = 60) =>
    until(
      () => owner.subscriptions.getServer({ params: { id: server.id } }),
      (now) => now.state === wanted,
      (now) => `the server is ${now.state}: ${now.failure}`,
      seconds,
    );

  const stopped = () =>
    until(
      async () => cloud.running().length,
      (count) => count === 0,
      (count) => `${count} instances run`,
    );

  test('subscribes, uploads, plays, shares, sleeps, wakes, cancels, and leaves nothing', async () => {
    cloud.full.add('subnet-a/t4g.small');
    cloud.api.fail('RunInstances', { kind: 'lost-answer' }, 4); // after the four attempts without room
    const owner = new Person(product.url);
    await owner.signUp();
    const server = await owner.subscribe();
    expect(cloud.alive()).toMatchObject([{ subnet: 'subnet-b', protected: true }]);
    const [bucket = ''] = await buckets();

    const movie = await fixtures['H.264 and AAC, moov at the end']();
    const file = await readFile(movie);
    const upload = await createUpload(owner, server, 'trip.mp4', file.length);
    expect((await patch(owner, upload, 0, file)).status).toBe(204);
    const video = await owner.settled(server, upload.videoId);
    const own = await owner.media(server).playOwn({ params: { id: video.id } });
    await playThrough(new URL(own.hlsUrl, product.url), movie);
    const original = await until(
      async () => (await objectsIn(bucket)).find((key) => key.endsWith('original')),
      (key) => key !== undefined,
      () => 'the original does not come to the bucket',
      30,
    );
    const stored = await client().send(new GetObjectCommand({ Bucket: bucket, Key: original }));
    expect(sha256((await stored.Body?.transformToByteArray()) ?? new Uint8Array())).toBe(sha256(file));

    const link = await owner.links.createLink({ body: { serverId: server.id, videoId: video.id } });
    const friend = new Person(product.url);
    const watch = async () => {
      const opened = await friend.links.openLink({ params: { code: link.code }, body: {} });
      const play = { body: { grant: opened.grant } };
      const shared = await friend.media({ ...server, url: opened.serverUrl }).playGrant(play);
      await playThrough(new URL(shared.hlsUrl, product.url), movie);
    };
    await watch();

    await state(owner, server, 'asleep');
    await stopped();
    await friend.links.openLink({ params: { code: link.code }, body: {} }).catch(() => undefined);
    await owner.media(server).listVideos({}); // is held until it has woken
    await state(owner, server, 'ready');
    await watch();
    expect(cloud.instances.size).toBe(1);

    const { items } = await owner.subscriptions.listSubscriptions({});
    await owner.subscriptions.cancel({ params: { id: items[0]?.id ?? '' } });
    await state(owner, server, 'suspended');
    await stopped();
    expect(await objectsIn(bucket)).toContain(original);
    expect(await product.log()).not.toMatch(/TESTSECRET|Bearer [\w-]+\./);
  });

  test('the keys of one server open its bucket, and no other', async () => {
    const [ann, bob] = [new Person(product.url), new Person(product.url)];
    const before = await buckets();
    await Promise.all([ann.signUp(), bob.signUp()]);
    const server = await ann.subscribe();
    const [own = ''] = (await buckets()).filter((name) => !before.includes(name));
    const [other = ''] = before;
    const instance = cloud.alive().find(({ tags }) => tags.get('ptsdly:server') === server.id);
    const authorization = await readFile(`${instance?.disk}/var/lib/ptsdly/authorization`, 'utf8');
    const control = /control='([^']+)'/.exec(instance?.userData ?? '')?.[1];
    const headers = { authorization: authorization.replace(/^authorization: /, '').trim() };
    const keys = (await (await fetch(`${control}/storage-keys`, { headers })).json()) as typeof s3.keys;
    const s3OfAnn = client(keys);
    await s3OfAnn.send(new ListObjectsV2Command({ Bucket: own }));
    await expect(s3OfAnn.send(new ListObjectsV2Command({ Bucket: other }))).rejects.toMatchObject({
      name: 'AccessDenied',
    });
    await expect(s3OfAnn.send(new ListBucketsCommand({}))).rejects.toThrow();
  });

  test('an account that is deleted takes its instance and its bucket along', async () => {
    const owner = new Person(product.url);
    const before = await buckets();
    await owner.signUp();
    const server = await owner.subscribe();
    const upload = await createUpload(owner, server, 'a.mp4', 1000);
    expect((await patch(owner, upload, 0, new Uint8Array(1000))).status).toBe(204);
    expect(await buckets()).toHaveLength(before.length + 1);
    await owner.identity.deleteMe({ body: { password: 'correct horse battery' } });
    await until(
      buckets,
      (left) => left.length === before.length,
      (left) => `${left.length} buckets are left`,
      60,
    );
    expect(cloud.alive().filter(({ tags }) => tags.get('ptsdly:server') === server.id)).toEqual([]);
  });
});
