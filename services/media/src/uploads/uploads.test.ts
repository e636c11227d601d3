import { createHash, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BASE, eventually, openRig, type Rig } from '../testing/server.ts';
import { announce, patchHeaders, TUS, upload } from '../testing/tus-calls.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
const offsetOf = async (rig: Rig, id: string) =>
  Number((await rig.call('HEAD', `/uploads/${id}`, { headers: TUS })).headers['upload-offset']);

/** A PATCH that sends some bytes of a larger announced body and then waits. */
async function openPatch(rig: Rig, id: string, offset: number, total: number, sent: Buffer | undefined) {
  const headers = {
    ...patchHeaders(offset),
    ...(sent === undefined && { expect: '100-continue' }),
    authorization: `Bearer ${await rig.host.token()}`,
    'content-length': String(total),
  };
  const path = `${BASE}/uploads/${id}`;
  const request = httpRequest({ socketPath: rig.socketPath, method: 'PATCH', path, headers, agent: false });
  const closed = new Promise<void>((resolve) => {
    request.on('error', () => resolve());
    request.on('close', () => resolve());
  });
  if (sent) request.write(sent);
  return { request, closed };
}

describe('uploads', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await openRig();
  });
  afterAll(() => rig.close());

  it('describes the protocol', async () => {
    const answer = await rig.call('OPTIONS', '/uploads');
    expect(answer.status).toBe(204);
    expect(answer.headers).toMatchObject({
      'tus-version': '1.0.0',
      'tus-resumable': '1.0.0',
      'tus-checksum-algorithm': 'sha256',
      'tus-max-size': '500000000',
    });
    expect(answer.headers['tus-extension']).toContain('creation-with-upload');
  });

  it('makes the video with the upload, before its first byte', async () => {
    const id = await announce(rig, 1000, '../../etc/여름 휴가.mp4');
    const video = await rig.client.getVideo({ params: { id } });
    expect(video).toMatchObject({
      upload: 'receiving',
      title: '여름 휴가',
      fileName: '여름 휴가.mp4',
      sizeBytes: 1000,
      receivedBytes: 0,
      playable: false,
      sha256: null,
    });
    const head = await rig.call('HEAD', `/uploads/${id}`, { headers: TUS });
    expect(head.status).toBe(200);
    expect(head.headers).toMatchObject({
      'upload-offset': '0',
      'upload-length': '1000',
      'cache-control': 'no-store',
    });
    expect(Date.parse(String(head.headers['upload-expires']))).toBeGreaterThan(Date.now() + 6 * 86_400_000);
  });

  it('appends pieces, and gives the identical bytes back', async () => {
    const bytes = randomBytes(5_000_000);
    const id = await announce(rig, bytes.length);
    const cuts = [0, 1, 1_500_000, 1_500_001, 5_000_000];
    for (const [i, end] of cuts.slice(1).entries()) {
      const start = cuts[i] ?? 0;
      const answer = await rig.call('PATCH', `/uploads/${id}`, {
        headers: patchHeaders(start),
        body: bytes.subarray(start, end),
      });
      expect(answer.status).toBe(204);
      expect(answer.headers['upload-offset']).toBe(String(end));
    }
    const video = await rig.client.getVideo({ params: { id } });
    expect(video).toMatchObject({ upload: 'complete', receivedBytes: bytes.length });
    expect(video.sha256).toBe(sha256(bytes).toString('hex'));
    const original = await rig.call('GET', `/videos/${id}/original`);
    expect(original.body.equals(bytes)).toBe(true);
    expect(await offsetOf(rig, id)).toBe(bytes.length);
  });

  it('takes bytes with the announcement (creation-with-upload)', async () => {
    const bytes = randomBytes(70_000);
    const headers = { ...patchHeaders(0), 'upload-length': String(bytes.length) };
    const answer = await rig.call('POST', '/uploads', { headers, body: bytes.subarray(0, 40_000) });
    expect(answer.status).toBe(201);
    expect(answer.headers['upload-offset']).toBe('40000');
    const location = String(answer.headers.location);
    expect(location).toBe(`${BASE}/uploads/${answer.headers['x-video-id']}`);
    const rest = await rig.call('PATCH', location, {
      headers: patchHeaders(40_000),
      body: bytes.subarray(40_000),
    });
    expect(rest.status).toBe(204);
  });

  it('keeps what came before a client vanished, and goes on from there', async () => {
    const bytes = randomBytes(3_000_000);
    const id = await announce(rig, bytes.length);
    const { request, closed } = await openPatch(rig, id, 0, bytes.length, bytes.subarray(0, 2_000_000));
    await eventually(async () => (await rig.client.getVideo({ params: { id } })).receivedBytes > 0);
    request.destroy();
    await closed;
    const offset = await offsetOf(rig, id);
    expect(offset).toBeGreaterThan(0);
    const answer = await rig.call('PATCH', `/uploads/${id}`, {
      headers: patchHeaders(offset),
      body: bytes.subarray(offset),
    });
    expect(answer.status).toBe(204);
    const { sha256: hash } = await rig.client.getVideo({ params: { id } });
    expect(hash).toBe(sha256(bytes).toString('hex'));
  });

  it('lets a client that reconnects go on while its old connection still hangs', async () => {
    const bytes = randomBytes(2_000_000);
    const id = await announce(rig, bytes.length);
    const stale = await openPatch(rig, id, 0, bytes.length, bytes.subarray(0, 1_200_000));
    await eventually(async () => (await rig.client.getVideo({ params: { id } })).receivedBytes >= 1_000_000);
    const started = performance.now();
    const offset = await offsetOf(rig, id);
    const answer = await rig.call('PATCH', `/uploads/${id}`, {
      headers: patchHeaders(offset),
      body: bytes.subarray(offset),
    });
    expect(answer.status).toBe(204);
    expect(performance.now() - started).toBeLessThan(1000);
    await stale.closed;
    expect((await rig.client.getVideo({ params: { id } })).sha256).toBe(sha256(bytes).toString('hex'));
  });

  it('of two PATCHes at one offset lets the later one win', async () => {
    const bytes = randomBytes(1_000_000);
    const id = await announce(rig, bytes.length);
    const stale = await openPatch(rig, id, 0, bytes.length, Buffer.alloc(0));
    const answer = await rig.call('PATCH', `/uploads/${id}`, { headers: patchHeaders(0), body: bytes });
    stale.request.destroy();
    expect([204, 409]).toContain(answer.status);
    if (answer.status === 204) {
      expect((await rig.client.getVideo({ params: { id } })).sha256).toBe(sha256(bytes).toString('hex'));
    }
  });

  it('verifies the checksum of a piece, and takes a wrong one away again', async () => {
    const bytes = randomBytes(300_000);
    const id = await announce(rig, bytes.length);
    const send = (offset: number, body: Buffer, promised: Buffer) =>
      rig.call('PATCH', `/uploads/${id}`, {
        headers: patchHeaders(offset, { 'upload-checksum': `sha256 ${sha256(promised).toString('base64')}` }),
        body,
      });
    expect((await send(0, bytes.subarray(0, 100_000), bytes.subarray(0, 100_000))).status).toBe(204);
    const wrong = await send(100_000, randomBytes(200_000), bytes.subarray(100_000));
    expect(wrong.status).toBe(460);
    expect(wrong.problem().code).toBe('checksum_mismatch');
    expect(await offsetOf(rig, id)).toBe(100_000);
    expect((await send(100_000, bytes.subarray(100_000), bytes.subarray(100_000))).status).toBe(204);
    const video = await rig.client.getVideo({ params: { id } });
    expect(video.sha256).toBe(sha256(bytes).toString('hex'));
  });

  it('refuses what the protocol forbids, always as a problem', async () => {
    const id = await announce(rig, 1000);
    const path = `/uploads/${id}`;
    const refused = async (status: number, code: string, ...call: Parameters<Rig['call']>) => {
      const answer = await rig.call(...call);
      expect([answer.status, answer.problem().code]).toEqual([status, code]);
      expect(answer.headers['content-type']).toBe('application/problem+json');
      expect(answer.headers['tus-resumable']).toBe('1.0.0');
      return answer;
    };
    const body = Buffer.alloc(10);
    const conflict = await refused(409, 'upload_conflict', 'PATCH', path, { headers: patchHeaders(5), body });
    expect(conflict.headers['upload-offset']).toBe('0');
    const plain = { ...patchHeaders(0), 'content-type': 'video/mp4' };
    await refused(415, 'unsupported_media_type', 'PATCH', path, { headers: plain, body });
    const old = { ...patchHeaders(0), 'tus-resumable': '0.2.2' };
    await refused(412, 'precondition_failed', 'PATCH', path, { headers: old, body });
    await refused(422, 'invalid_fields', 'PATCH', path, { headers: patchHeaders(Number.NaN), body });
    const md5 = patchHeaders(0, { 'upload-checksum': 'md5 AAAA' });
    await refused(400, 'bad_request', 'PATCH', path, { headers: md5, body });
    const long = { headers: patchHeaders(0), body: Buffer.alloc(1001) };
    await refused(413, 'body_too_large', 'PATCH', path, long);
    const chunked = { headers: patchHeaders(0, { 'transfer-encoding': 'chunked' }), body: long.body };
    await refused(413, 'body_too_large', 'PATCH', path, chunked);
    expect(await offsetOf(rig, id)).toBe(0);
    await refused(404, 'not_found', 'PATCH', '/uploads/nothing', { headers: patchHeaders(0), body });
    await refused(422, 'invalid_fields', 'POST', '/uploads', { headers: { ...TUS, 'upload-length': '0' } });
    const deferred = { ...TUS, 'upload-defer-length': '2' };
    await refused(422, 'invalid_fields', 'POST', '/uploads', { headers: deferred });
    await refused(401, 'unauthenticated', 'POST', '/uploads', { headers: TUS, open: true });
    const get = await rig.call('GET', path);
    expect([get.status, get.headers.allow]).toEqual([405, 'HEAD, PATCH, DELETE, OPTIONS']);
  });

  it('takes a file whose length is told later (creation-defer-length), and counts what has come', async () => {
    const head = (id: string) => rig.call('HEAD', `/uploads/${id}`, { headers: TUS });
    const created = await rig.call('POST', '/uploads', { headers: { ...TUS, 'upload-defer-length': '1' } });
    const id = String(created.headers['x-video-id']);
    const bytes = randomBytes(5000);
    const patch = (offset: number, body: Buffer, more = {}) =>
      rig.call('PATCH', `/uploads/${id}`, { headers: patchHeaders(offset, more), body });
    expect((await patch(0, bytes.subarray(0, 2000))).status).toBe(204);
    expect((await head(id)).headers).toMatchObject({ 'upload-offset': '2000', 'upload-defer-length': '1' });
    expect((await head(id)).headers['upload-length']).toBeUndefined();
    await eventually(() => rig.host.usage.at(-1) !== undefined);
    expect((await rig.client.getVideo({ params: { id } })).sizeBytes).toBe(2000);
    await rig.restart();
    const short = await patch(2000, bytes.subarray(2000), { 'upload-length': '1000' });
    expect(short.problem().code).toBe('invalid_fields');
    expect((await patch(2000, bytes.subarray(2000, 3000), { 'upload-length': '5000' })).status).toBe(204);
    expect((await head(id)).headers).toMatchObject({ 'upload-offset': '3000', 'upload-length': '5000' });
    const other = await patch(3000, bytes.subarray(3000), { 'upload-length': '6000' });
    expect(other.problem().code).toBe('invalid_fields');
    expect((await patch(3000, bytes.subarray(3000))).status).toBe(204);
    const original = await rig.call('GET', `/videos/${id}/original`);
    expect(original.body.equals(bytes)).toBe(true);
  });

  it('asks for a body only when nothing speaks against it (Expect: 100-continue)', async () => {
    const id = await announce(rig, 10);
    const send = async (offset: number) => {
      const { request, closed } = await openPatch(rig, id, offset, 10, undefined);
      let continued = false;
      request.on('continue', () => {
        continued = true;
        request.end('0123456789');
      });
      request.flushHeaders();
      const status = await new Promise((resolve) =>
        request.on('response', (r) => resolve(r.resume().statusCode)),
      );
      request.destroy();
      await closed;
      return { status, continued };
    };
    expect(await send(5)).toEqual({ status: 409, continued: false });
    expect(await send(0)).toEqual({ status: 204, continued: true });
  });

  it('ends an upload for good', async () => {
    const id = await announce(rig, 1000);
    await rig.call('PATCH', `/uploads/${id}`, { headers: patchHeaders(0), body: Buffer.alloc(500) });
    expect((await rig.call('DELETE', `/uploads/${id}`, { headers: TUS })).status).toBe(204);
    expect((await rig.call('HEAD', `/uploads/${id}`, { headers: TUS })).status).toBe(404);
    await expect(rig.client.getVideo({ params: { id } })).rejects.toMatchObject({ code: 'not_found' });
    const done = await upload(rig, Buffer.from('complete'));
    const refused = await rig.call('DELETE', `/uploads/${done}`, { headers: TUS });
    expect([refused.status, refused.problem().code]).toEqual([409, 'conflict']);
  });

  it('goes on after a restart, with the right hash', async () => {
    const bytes = randomBytes(4_000_000);
    const id = await announce(rig, bytes.length);
    const head = bytes.subarray(0, 2_500_000);
    await rig.call('PATCH', `/uploads/${id}`, { headers: patchHeaders(0), body: head });
    await rig.restart();
    expect(await offsetOf(rig, id)).toBe(head.length);
    const body = bytes.subarray(head.length);
    const answer = await rig.call('PATCH', `/uploads/${id}`, { headers: patchHeaders(head.length), body });
    expect(answer.status).toBe(204);
    const hash = await eventually(
      async () => (await rig.client.getVideo({ params: { id } })).sha256 ?? false,
    );
    expect(hash).toBe(sha256(bytes).toString('hex'));
  });

  it('removes uploads that were given up a week ago, at the next start', async () => {
    const id = await announce(rig, 1000);
    await rig.call('PATCH', `/uploads/${id}`, { headers: patchHeaders(0), body: Buffer.alloc(500) });
    const { utimes } = await import('node:fs/promises');
    const old = new Date(Date.now() - 8 * 86_400_000);
    await utimes(join(rig.folder, 'spool', id), old, old);
    await rig.restart();
    await eventually(async () => (await rig.call('GET', `/videos/${id}`)).status === 404);
  });

  it('keeps a poster that the browser made, and refuses what is none', async () => {
    const id = await announce(rig, 1000);
    const jpeg = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), randomBytes(2000)]);
    const put = (body: Buffer, type = 'image/jpeg') =>
      rig.call('PUT', `/uploads/${id}/poster`, { headers: { 'content-type': type }, body });
    expect((await put(jpeg)).status).toBe(204);
    const { posterUrl } = await rig.client.getVideo({ params: { id } });
    const poster = await rig.call('GET', String(posterUrl));
    expect(poster.headers['content-type']).toBe('image/jpeg');
    expect(poster.body.equals(jpeg)).toBe(true);
    expect((await put(randomBytes(2000))).problem().code).toBe('invalid_fields');
    expect((await put(jpeg, 'image/svg+xml')).status).toBe(415);
    expect((await put(Buffer.concat([jpeg, Buffer.alloc(500_000)]))).status).toBe(413);
  });

  it('writes nothing under a name that a user chose', async () => {
    const id = await upload(rig, Buffer.from('hello'), 'name-of-a-user.mp4');
    await eventually(async () => (await rig.client.getVideo({ params: { id } })).failure !== null);
    const stored = await readFile(join(rig.folder, 'objects', id, 'original'), 'utf8');
    expect(stored).toBe('hello');
  });

  it('goes on with a spool of which the process knew nothing', async () => {
    const id = await announce(rig, 10);
    await writeFile(join(rig.folder, 'spool', id), '12345');
    expect(await offsetOf(rig, id)).toBe(5);
  });
});

describe('room', () => {
  it('refuses an upload over the quota before any byte, counting what is announced', async () => {
    const rig = await openRig({ quotaBytes: 1000 });
    const post = (length: number) =>
      rig.call('POST', '/uploads', { headers: { ...TUS, 'upload-length': String(length) } });
    try {
      expect((await post(1001)).problem().code).toBe('quota_exceeded');
      const first = await post(600);
      expect(first.status).toBe(201);
      expect((await post(401)).status).toBe(413);
      await rig.call('DELETE', String(first.headers.location), { headers: TUS });
      expect((await post(1000)).status).toBe(201);
      await eventually(() => rig.host.usage.at(-1) === 1000);
    } finally {
      await rig.close();
    }
  });

  it('refuses an upload that the disk cannot hold', async () => {
    const rig = await openRig({ quotaBytes: Number.MAX_SAFE_INTEGER });
    try {
      const headers = { ...TUS, 'upload-length': String(2 ** 50) };
      const answer = await rig.call('POST', '/uploads', { headers });
      expect([answer.status, answer.problem().code]).toEqual([507, 'no_space']);
    } finally {
      await rig.close();
    }
  });
});
