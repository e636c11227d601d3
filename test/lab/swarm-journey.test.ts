import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Server } from '@ptsdly/contract';
import { type MariaDbServer, mariadbMissing, startMariaDb } from '@ptsdly/db/testing';
import { silentLog } from '@ptsdly/kit';
import { fixtures } from '@ptsdly/packager/testing';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { manageNodes } from '../../ptsdly/src/nodes/node-manager.ts';
import { playThrough } from '../hls.ts';
import { Person, password, until } from '../person.ts';
import { freePort } from '../ports.ts';
import { createUpload, patch, sha256 } from '../tus.ts';
import { hasDocker } from './swarm/docker.ts';
import { importImages } from './swarm/image.ts';
import { startLoad } from './swarm/load.ts';
import { type Lab, type Node, openLab } from './swarm/nodes.ts';
import { NETWORK, type PlaneOnSwarm, startPlane } from './swarm/plane.ts';

/** Short, because a release that never becomes well is waited for. */
const START_SECONDS = 6;

describe.skipIf(mariadbMissing ?? !(await hasDocker()))('a media server as a service of a real Swarm', () => {
  let lab: Lab;
  let plane: PlaneOnSwarm;
  let owner: Person;
  let server: Server;
  let movie: string;
  let videoId: string;
  let hlsUrl: URL;
  let maria: MariaDbServer;
  let port: number;
  let other: Person;

  beforeAll(async () => {
    lab = await openLab('a', 'b');
    await lab.manager.docker('network', 'create', '--driver', 'overlay', '--attachable', NETWORK);
    await importImages(lab);
    plane = await startPlane(lab, START_SECONDS);
    movie = await fixtures['H.264 and AAC, moov at the end']();
    port = await freePort();
    // where containers of the nodes reach it
    maria = await startMariaDb('--skip-networking=0', `--bind-address=${lab.hostIp}`, `--port=${port}`);
  }, 300_000);
  afterAll(async () => {
    await maria?.close();
    await lab?.close();
  });

  const adminUrl = () => `mysql://tester:tester@${lab.hostIp}:${port}/`;

  /** Schemas in which a media server keeps its library. */
  async function libraries(): Promise<string[]> {
    const connection = await createConnection(adminUrl());
    const query = "select table_schema from information_schema.tables where table_name = 'videos'";
    const [rows] = await connection.query({ sql: query, rowsAsArray: true });
    await connection.end();
    return (rows as string[][]).map(([name]) => String(name));
  }

  const service = () => `ptsdly-${server.id}`;

  /** The node where its task runs. */
  const nodeOf = async (): Promise<Node | undefined> => {
    const format = '{{.Node}} {{.CurrentState}}';
    const tasks = await lab.manager.docker(
      'service',
      'ps',
      '--format',
      format,
      '-f',
      'desired-state=running',
      service(),
    );
    const [name] = tasks
      .split('\n')
      .filter((line) => / Running /.test(line))
      .map((line) => line.split(' ')[0]);
    return lab.nodes.find((node) => node.name === name);
  };

  const runsOn = (wanted: (node: Node) => boolean) =>
    until(
      nodeOf,
      (node) => node !== undefined && wanted(node),
      (node) => `it runs on ${node?.name}`,
      90,
    );

  const available = (node: Node, how: 'active' | 'drain') =>
    lab.manager.docker('node', 'update', '--availability', how, node.name);

  const playsStill = async () => {
    const { status } = await owner.fetch(hlsUrl.pathname);
    return status;
  };

  test('subscribe, upload, play, share', async () => {
    owner = new Person(plane.url);
    await owner.signUp();
    server = await owner.subscribe();
    const file = await readFile(movie);
    const upload = await createUpload(owner, server, 'film.mp4', file.length);
    expect((await patch(owner, upload, 0, file)).status).toBe(204);
    const video = await owner.settled(server, upload.videoId);
    expect(video).toMatchObject({ playable: true, sha256: sha256(file) });
    videoId = video.id;
    const own = await owner.media(server).playOwn({ params: { id: video.id } });
    await playThrough(new URL(own.hlsUrl, plane.url), movie);
    const link = await owner.links.createLink({ body: { serverId: server.id, videoId: video.id } });
    const friend = new Person(plane.url);
    const opened = await friend.links.openLink({ params: { code: link.code }, body: {} });
    const shared = await friend
      .media({ ...server, url: opened.serverUrl })
      .playGrant({ body: { grant: opened.grant } });
    hlsUrl = new URL(shared.hlsUrl, plane.url);
    await playThrough(hlsUrl, movie);
    // What only ffmpeg can do is done in the container, which has its own.
    await until(
      () => owner.media(server).getVideo({ params: { id: video.id } }),
      ({ storyboardUrl }) => storyboardUrl !== null,
      () => 'there is no storyboard',
      60,
    );
  });

  test.each([
    ['a good release', 'ptsdly/media:next', 'ptsdly/media:next'],
    ['a release that crashes', 'ptsdly/media:crashing', 'ptsdly/media:next'],
    ['a release that never becomes well', 'ptsdly/media:sick', 'ptsdly/media:next'],
  ])('%s under constant load: no request fails', async (_, image, runs) => {
    const base = hlsUrl.href.replace(/[^/]*$/, '');
    const load = startLoad([hlsUrl.href, `${base}v0/0.m4s`, `${base}v0/1.m4s`]);
    await plane.release(image);
    const state = () =>
      lab.manager.docker(
        ...['service', 'inspect', '--format'],
        '{{.UpdateStatus.State}} {{.Spec.TaskTemplate.ContainerSpec.Image}}',
        service(),
      );
    const over = image === runs ? `completed ${runs}` : `rollback_completed ${runs}`;
    // Before its end the state of the roll-out before it is told.
    await until(
      async () =>
        (await plane.logs()).split('\n').filter((line) => /renewed a media|new release did not/.test(line)),
      (lines) => lines.length > 0,
      () => 'the release is not over',
      120,
    );
    expect(await state()).toBe(over);
    const met = await load.end();
    console.log(`${image}: ${met.requests} requests, the longest ${Math.round(met.longest)} ms`);
    expect(met.failures).toEqual({});
    expect(met.requests).toBeGreaterThan(200);
  });

  test('a machine that is to go is emptied under constant load: no request fails', async () => {
    await plane.release('ptsdly/media:next');
    const first = (await nodeOf()) as Node;
    const load = startLoad([hlsUrl.href]);
    const stop = new AbortController();
    const managing = manageNodes(
      { nodesEngine: lab.manager.socket, scalingGroup: undefined },
      silentLog,
      stop.signal,
    );
    await lab.manager.docker('node', 'update', '--label-add', 'ly.ptsd.leave=true', first.name);
    await until(
      () => lab.manager.docker('node', 'inspect', '--format', '{{.Spec.Availability}}', first.name),
      (availability) => availability === 'drain',
      (availability) => `its availability is ${availability}`,
      90,
    );
    await runsOn((node) => node !== first);
    stop.abort();
    await managing;
    const met = await load.end();
    console.log(`leave: ${met.requests} requests, the longest ${Math.round(met.longest)} ms`);
    expect(met.failures).toEqual({});
    expect(met.requests).toBeGreaterThan(50); // as long as the move takes
    await lab.manager.docker('node', 'update', '--label-rm', 'ly.ptsd.leave', first.name);
    await available(first, 'active');
  });

  test('it moves when its node is drained, and again when its node dies, with everything that it has', async () => {
    const load = startLoad([hlsUrl.href]);
    // Only a worker is killed: the manager has the control plane on it.
    await available(lab.manager, 'drain');
    const worker = await runsOn((node) => node !== lab.manager);
    await until(playsStill, (status) => status === 200, String, 60);
    const met = await load.end();
    console.log(
      `drain: ${met.requests} requests, failed ${JSON.stringify(met.failures)}, longest ${Math.round(met.longest)} ms`,
    );
    await available(lab.manager, 'active');
    await worker?.kill();
    await runsOn((node) => node === lab.manager);
    await until(playsStill, (status) => status === 200, String, 60);
    await playThrough(hlsUrl, movie);
    const original = await owner.fetch(`${server.url}/videos/${videoId}/original`);
    expect(sha256(new Uint8Array(await original.arrayBuffer()))).toBe(sha256(await readFile(movie)));
  });

  test('a server with a schema of its own sleeps, and the first request wakes it', async () => {
    await plane.release('ptsdly/media:next', {
      ...{ PTSDLY_SERVER_DATABASE: adminUrl(), PTSDLY_SLEEP_AFTER: '1' },
    });
    other = new Person(plane.url);
    await other.signUp();
    const theirs = await other.subscribe();
    expect(await libraries()).toHaveLength(1);
    const file = await readFile(movie);
    const upload = await createUpload(other, theirs, 'theirs.mp4', file.length);
    expect((await patch(other, upload, 0, file)).status).toBe(204);
    await other.settled(theirs, upload.videoId);
    const wakes: number[] = [];
    for (let times = 0; times < 3; times++) {
      await until(
        () => other.subscriptions.getServer({ params: { id: theirs.id } }),
        ({ state }) => state === 'asleep',
        ({ state }) => `it is ${state}`,
        60,
      );
      const begun = performance.now();
      const { items } = await other.media(theirs).listVideos({});
      wakes.push(Math.round(performance.now() - begun));
      expect(items).toMatchObject([{ id: upload.videoId, playable: true }]);
    }
    console.log(`wake: ${wakes} ms`);
    expect(Math.min(...wakes)).toBeLessThan(10_000);
  });

  test('the library of a server that began with a file moves to a schema', async () => {
    const said = await plane.command('migrate-store', 'servers', adminUrl());
    expect(said).toMatch(
      new RegExp(`^${server.slug}: \\d+ rows, all the same there\nnow set PTSDLY_SERVER_DATABASE`),
    );
    await until(playsStill, (status) => status === 200, String, 60);
    await playThrough(hlsUrl, movie);
    expect(await libraries()).toHaveLength(2);
    await rm(join(lab.folder, 'servers', server.id, 'media.db')); // nobody reads it any more
    const video = await owner.media(server).getVideo({ params: { id: videoId } });
    expect(video).toMatchObject({ playable: true, sha256: sha256(await readFile(movie)) });
  });

  test('accounts that are deleted leave no service, no secret, no folder and no schema', async () => {
    for (const person of [owner, other]) await person.identity.deleteMe({ body: { password } });
    const left = async () => [
      await lab.manager.docker('service', 'ls', '-q', '--filter', 'label=ly.ptsd.installation'),
      await lab.manager.docker('secret', 'ls', '-q', '--filter', 'label=ly.ptsd.installation'),
      ...(await readdir(join(lab.folder, 'servers'))),
      ...(await libraries()),
    ];
    await until(
      left,
      (all) => all.join('') === '',
      (all) => `${all} is left`,
      90,
    );
  });
});
