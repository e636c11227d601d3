import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasFfmpeg, makeClip } from './testing/fixtures.ts';
import { bundleProgram, openProcessRig, type ProcessRig } from './testing/process.ts';
import { BASE, eventually } from './testing/server.ts';
import { announce, patchHeaders, TUS, upload } from './testing/tus-calls.ts';

const hex = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe.skipIf(!hasFfmpeg)('the program, bundled as it is shipped', () => {
  let folder: string;
  let program: string;
  let rig: ProcessRig;
  let clip: Buffer;

  const complete = (id: string) =>
    eventually(async () => {
      const video = await rig.client.getVideo({ params: { id } });
      return video.upload === 'complete' && video.processing === 'none' && video.sha256 !== null && video;
    });
  const offsetOf = async (id: string) =>
    Number((await rig.call('HEAD', `/uploads/${id}`, { headers: TUS })).headers['upload-offset']);
  const spoolOf = (id: string) => join(rig.folder, 'spool', id);
  const inDatabase = (work: (db: DatabaseSync) => void) => {
    const db = new DatabaseSync(join(rig.folder, 'media.db'));
    work(db);
    db.close();
  };
  const usedBytes = async () => {
    const { items } = await rig.client.listVideos({ query: {} });
    return items.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'program-'));
    program = join(folder, 'media.mjs');
    await bundleProgram(program);
    clip = makeClip({ duration: 2 });
    rig = await openProcessRig(program);
    await rig.start();
  });
  afterAll(async () => {
    await rig?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('indexes in a thread of the same file', async () => {
    const id = await upload(rig, clip);
    expect((await rig.client.playOwn({ params: { id } })).tracks).toHaveLength(2);
  });

  it('keeps every acknowledged byte through kill -9 in the middle of a PATCH', async () => {
    const bytes = randomBytes(12_000_000);
    const id = await announce(rig, bytes.length);
    const first = await rig.call('PATCH', `/uploads/${id}`, {
      headers: patchHeaders(0),
      body: bytes.subarray(0, 4_000_000),
    });
    expect(first.headers['upload-offset']).toBe('4000000');
    const headers = {
      ...patchHeaders(4_000_000, { 'content-length': '8000000' }),
      authorization: `Bearer ${await rig.host.token()}`,
    };
    const { socketPath } = rig.config;
    const path = `${BASE}/uploads/${id}`;
    const patch = httpRequest({ socketPath, method: 'PATCH', path, headers, agent: false });
    const broken = once(patch, 'error');
    patch.write(bytes.subarray(4_000_000, 9_000_000));
    await eventually(async () => {
      return (await rig.client.getVideo({ params: { id } })).receivedBytes > 5_000_000;
    });
    await rig.kill();
    await broken;
    await rig.start();
    const offset = await offsetOf(id);
    expect(offset).toBe(statSync(spoolOf(id)).size);
    expect(offset).toBeGreaterThan(5_000_000);
    const rest = { headers: patchHeaders(offset), body: bytes.subarray(offset) };
    expect((await rig.call('PATCH', `/uploads/${id}`, rest)).status).toBe(204);
    expect((await complete(id)).sha256).toBe(hex(bytes));
    expect((await rig.call('GET', `/videos/${id}/original`)).body.equals(bytes)).toBe(true);
  });

  /** A video whose process died at a step of the way; `arrange` makes what that step leaves on the disk. */
  const diedAt = async (arrange: (id: string) => void) => {
    const id = await announce(rig, clip.length);
    const half = clip.subarray(0, 5000);
    await rig.call('PATCH', `/uploads/${id}`, { headers: patchHeaders(0), body: half });
    const before = await usedBytes();
    await rig.kill();
    appendFileSync(spoolOf(id), clip.subarray(5000));
    arrange(id);
    await rig.start();
    const video = await complete(id);
    expect(video).toMatchObject({ playable: true, sha256: hex(clip), failure: null });
    expect(await usedBytes()).toBe(before);
    const { items } = await rig.client.listVideos({ query: { limit: 200 } });
    expect(items.filter((item) => item.id === id)).toHaveLength(1);
    expect(await offsetOf(id)).toBe(clip.length);
  };

  it('finishes an upload whose last byte had come', () => diedAt(() => undefined));

  it('finishes one whose original had been moved and was not noted', () =>
    diedAt((id) => {
      mkdirSync(join(rig.folder, 'objects', id), { recursive: true });
      renameSync(spoolOf(id), join(rig.folder, 'objects', id, 'original'));
    }));

  it('finishes one that was noted and not indexed', () =>
    diedAt((id) => {
      mkdirSync(join(rig.folder, 'objects', id), { recursive: true });
      renameSync(spoolOf(id), join(rig.folder, 'objects', id, 'original'));
      inDatabase((db) => {
        db.prepare(`update videos set upload = 'complete', processing = 'running' where id = ?`).run(id);
      });
    }));

  it('is killed at any moment of the last PATCH, and has one whole video afterwards', async () => {
    const id = await announce(rig, clip.length);
    for (let delay = 0; delay < 6; delay++) {
      const offset = await offsetOf(id);
      if (offset === clip.length) break;
      const body = clip.subarray(offset);
      const patch = rig.call('PATCH', `/uploads/${id}`, { headers: patchHeaders(offset), body });
      const ended = patch.catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, delay * 2));
      await rig.kill();
      await ended;
      await rig.start();
    }
    const offset = await offsetOf(id);
    if (offset < clip.length) {
      const body = clip.subarray(offset);
      await rig.call('PATCH', `/uploads/${id}`, { headers: patchHeaders(offset), body });
    }
    expect(await complete(id)).toMatchObject({ playable: true, sha256: hex(clip) });
  });

  it('removes what a deletion that was cut short left behind', async () => {
    const id = await upload(rig, clip);
    await complete(id);
    await rig.kill();
    inDatabase((db) => {
      db.prepare('delete from videos where id = ?').run(id);
    });
    await rig.start();
    await eventually(
      () => statSync(join(rig.folder, 'objects', id), { throwIfNoEntry: false }) === undefined,
    );
  });

  it('keeps play sessions and revocations through kill -9', async () => {
    const id = await upload(rig, clip);
    const { hlsUrl } = await rig.client.playOwn({ params: { id } });
    await rig.kill();
    await rig.start();
    expect((await rig.call('GET', hlsUrl, { open: true })).status).toBe(200);
  });

  it('writes no token and no session into its log', async () => {
    const id = await upload(rig, clip, 'secret-name.mp4');
    const { session, hlsUrl } = await rig.client.playOwn({ params: { id } });
    await rig.call('GET', hlsUrl, { open: true });
    await eventually(() => rig.log().includes('/s/*'));
    expect(rig.log()).not.toContain(session.slice(0, 40));
    expect(rig.log()).not.toContain('eyJ');
    expect(rig.log()).not.toContain('secret-name');
  });

  it('ends within its drain on SIGTERM, event streams and all', async () => {
    const id = await upload(rig, clip);
    const { eventsUrl } = await rig.client.playOwn({ params: { id } });
    const events = await rig.open('GET', eventsUrl, { open: true });
    events.resume();
    const exit = once(rig.child, 'exit');
    const started = performance.now();
    rig.child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
    expect(performance.now() - started).toBeLessThan(3000);
    await rig.start();
  });

  it('ends when its host is gone', async () => {
    const exit = once(rig.child, 'exit');
    rig.child.stdin?.end();
    expect(await exit).toEqual([0, null]);
    await rig.start();
  });

  it.each([
    ['no file', undefined, 'usage: media <config.json>'],
    ['no JSON', '{', 'JSON'],
    ['a missing field', '{"serverId":"x"}', 'ownerId'],
    ['a database it cannot have', 'taken', 'in use by another process'],
  ])('says in one line what is wrong: %s', (_, content, message) => {
    const path = join(folder, 'config.json');
    rmSync(path, { force: true });
    const taken = { ...rig.config, socketPath: join(folder, 'other.sock') };
    if (content) writeFileSync(path, content === 'taken' ? JSON.stringify(taken) : content);
    const result = spawnSync(process.execPath, content ? [program, path] : [program], { encoding: 'utf8' });
    expect(result.status).toBe(1);
    expect(result.stderr.trim().split('\n')).toHaveLength(1);
    expect(result.stderr).toContain(message);
  });
});
