import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TranscodeTask } from '@ptsdly/contract';
import { forget, type Listener, lineStream, listen } from '@ptsdly/kit';
import { fixtures, hasFfmpeg } from '@ptsdly/packager/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createHost, type StandInHost } from '../testing/host.ts';
import { OWNER, SERVER } from '../testing/server.ts';
import type { Transcoder } from '../transcoder.ts';
import { openHostTranscoder } from './host-transcoder.ts';

const input = { path: 'source.mp4', demuxer: 'mov' } as const;
const remux: TranscodeTask = { kind: 'remux', priority: 'background', input, output: 'work/copy.mkv' };
const slow: TranscodeTask = {
  ...{ kind: 'video', priority: 'background', input, track: 0, output: 'work/slow.mp4', toneMap: 'none' },
  ...{ width: 3840, height: 2160, maxBitRate: 20_000_000, keyFrames: [] },
};

describe.skipIf(!hasFfmpeg)('a host that transcodes', () => {
  let folder: string;
  let host: StandInHost;
  let listener: Listener;
  let transcoder: Transcoder;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'media-'));
    await writeFile(join(folder, 'source.mp4'), await readFile(await fixtures['no sound']()));
    host = await createHost({ serverId: SERVER, ownerId: OWNER, folder });
    listener = await listen(host, { socketPath: join(folder, 'control.sock'), drainMs: 100 });
    transcoder = openHostTranscoder({ address: listener.address });
  });
  afterEach(async () => {
    await host.close();
    await listener.close();
    forget(listener.address);
    await rm(folder, { recursive: true, force: true });
  });

  test('does what it is asked, and tells what it found', async () => {
    const seconds: number[] = [];
    expect(await transcoder.run(remux, { onProgress: (at) => seconds.push(at) })).toBeNull();
    expect((await stat(join(folder, 'work/copy.mkv'))).size).toBeGreaterThan(1000);
    expect(seconds.at(-1)).toBeGreaterThan(7);
    const probed = await transcoder.run({ kind: 'probe', priority: 'viewer', input });
    expect(probed).toMatchObject({ streams: [{ codec_name: 'h264' }] });
  });

  test('says why it cannot', async () => {
    const wrong = { ...remux, input: { path: 'source.mp4', demuxer: 'avi' } } as TranscodeTask;
    await expect(transcoder.run(wrong)).rejects.toMatchObject({ name: 'TranscodeError', reason: 'input' });
    const odd = { ...remux, output: '../x' } as TranscodeTask;
    await expect(transcoder.run(odd)).rejects.toMatchObject({ reason: 'refused' });
  });

  test('stops when it is told to, and takes the next task', async () => {
    const stop = new AbortController();
    const running = Promise.withResolvers<number>();
    const begun = transcoder.run(slow, { signal: stop.signal, onProgress: running.resolve });
    await running.promise;
    stop.abort(new Error('enough'));
    await expect(begun).rejects.toThrow('enough');
    await expect(stat(join(folder, 'work/slow.mp4'))).rejects.toThrow('ENOENT');
    expect(await transcoder.run(remux)).toBeNull();
  });

  test('that goes away leaves it open whether there is an ffmpeg', async () => {
    const running = Promise.withResolvers<number>();
    const begun = transcoder.run(slow, { onProgress: running.resolve });
    await running.promise;
    listener.server.closeAllConnections();
    await expect(begun).rejects.toMatchObject({ reason: 'unreachable' });
    await listener.close();
    await expect(transcoder.run(remux)).rejects.toMatchObject({ reason: 'unreachable' });
  });
});

test.each([
  ['does not know the path', 'unavailable', () => new Response('{}', { status: 404 })],
  ['ends its answer too early', 'unreachable', () => lineStream((async function* () {})())],
  ['answers nonsense', 'unreachable', () => new Response('{"state":"dreaming"}\n')],
] as const)('a host that %s is %s', async (_, reason, answer) => {
  const transcoder = openHostTranscoder({ address: { fetch: async () => answer() } });
  await expect(transcoder.run(remux)).rejects.toMatchObject({ reason });
});
