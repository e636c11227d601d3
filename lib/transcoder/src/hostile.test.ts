import { mkdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TranscodeLine, TranscodeTask } from '@ptsdly/contract';
import { fixture, fixtures, hasFfmpeg } from '@ptsdly/packager/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWorkbench, type Workbench } from './testing/bench.ts';

/** A box of ISO/IEC 14496-12 §4.2. */
function box(type: string, ...content: (Buffer | string)[]): Buffer {
  const body = Buffer.concat(content.map((part) => Buffer.from(part as string)));
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length + 8);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, body]);
}

const zeros = (count: number) => Buffer.alloc(count);
const uint = (...values: number[]) => {
  const buffer = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) buffer.writeUInt32BE(value, i * 4);
  return buffer;
};

/** A MOV whose one track says that its samples lie in another file (data reference `alis` with an absolute path). */
function movieElsewhere(path: string): Buffer {
  const name = Buffer.from(path.length % 2 === 0 ? path : `${path}\0`);
  const record = Buffer.alloc(4); // of the kind 2, an absolute path
  record.writeUInt16BE(2);
  record.writeUInt16BE(name.length, 2);
  const alias = box(
    'alis',
    uint(0),
    zeros(10 + 1 + 27 + 12 + 1 + 63 + 16 + 20),
    record,
    name,
    Buffer.from([255, 255]),
  );
  const dref = box('dref', uint(0, 1), alias);
  const mjpeg = box('jpeg', zeros(6), Buffer.from([0, 1]), zeros(16), Buffer.from([0, 64, 0, 64]), zeros(50));
  const stbl = box(
    'stbl',
    box('stsd', uint(0, 1), mjpeg),
    box('stts', uint(0, 1, 1, 1000)),
    box('stsc', uint(0, 1, 1, 1, 1)),
    box('stsz', uint(0, 0, 1, 64)),
    box('stco', uint(0, 1, 0)),
  );
  const minf = box('minf', box('vmhd', uint(1), zeros(8)), box('dinf', dref), stbl);
  const hdlr = box('hdlr', uint(0), 'mhlrvide', zeros(13));
  const mdia = box('mdia', box('mdhd', uint(0, 0, 0, 1000, 1000, 0)), hdlr, minf);
  const tkhd = box('tkhd', uint(3, 0, 0, 1, 0, 1000), zeros(52), uint(64 << 16, 64 << 16));
  const mvhd = box('mvhd', uint(0, 0, 0, 1000, 1000), zeros(80));
  return Buffer.concat([box('ftyp', 'qt  ', uint(0), 'qt  '), box('moov', mvhd, box('trak', tkhd, mdia))]);
}

const CANARY = 'canary-of-the-host';

describe.skipIf(!hasFfmpeg)('a hostile file', () => {
  let bench: Workbench;
  let url = '';
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    response.end(CANARY);
  });
  beforeAll(async () => {
    bench = await openWorkbench();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/canary`;
    await writeFile(join(bench.root, 'secret.txt'), CANARY.repeat(100));
  });
  afterAll(async () => {
    await bench[Symbol.asyncDispose]();
    server.close();
  });

  const put = (name: string, content: string | Buffer) => writeFile(join(bench.folder, name), content);
  const kinds: readonly ((path: string, demuxer: 'mov' | 'mpegts') => TranscodeTask)[] = [
    (path, demuxer) => ({ kind: 'probe', priority: 'viewer', input: { path, demuxer } }),
    (path, demuxer) => ({ kind: 'remux', priority: 'viewer', input: { path, demuxer }, output: 'work/out' }),
  ];
  const failsQuietly = async (name: string) => {
    for (const kind of kinds) {
      for (const demuxer of ['mov', 'mpegts'] as const) {
        const last = await bench.last(kind(name, demuxer));
        expect(JSON.stringify(last)).not.toContain(CANARY);
        if (last?.state !== 'done') expect(last).toMatchObject({ state: 'failed', reason: 'input' });
      }
    }
    expect(requests).toEqual([]);
  };

  test('that is an HLS playlist of files and addresses is no video', async () => {
    const head = '#EXTM3U\n#EXT-X-TARGETDURATION:10\n';
    await put(
      'list.mp4',
      `${head}#EXTINF:10,\nfile://${bench.root}/secret.txt\n#EXTINF:10,\n${url}\n#EXT-X-ENDLIST\n`,
    );
    await failsQuietly('list.mp4');
  });

  test('that is a concat script, or a name of another file, is no video', async () => {
    await put('script.mp4', `ffconcat version 1.0\nfile ${bench.root}/secret.txt\nfile ${url}\n`);
    await put('concat.mp4', `concat:${bench.root}/secret.txt|${url}`);
    await failsQuietly('script.mp4');
    await failsQuietly('concat.mp4');
  });

  test('whose samples lie elsewhere gets none of them', async () => {
    await put('elsewhere.mp4', movieElsewhere(join(bench.root, 'secret.txt')));
    for (const kind of ['remux', 'pictures'] as const) {
      const input = { path: 'elsewhere.mp4', demuxer: 'mov' } as const;
      const sheet = { width: 64, height: 64, columns: 1, rows: 1, toneMap: 'none' } as const;
      await bench.last({ ...sheet, kind, priority: 'viewer', input, output: `work/${kind}` });
      const name = kind === 'remux' ? 'remux' : 'pictures-1.jpg';
      const made = await readFile(join(bench.folder, 'work', name), 'latin1').catch(() => '');
      expect(made).not.toContain(CANARY);
    }
    expect(requests).toEqual([]);
  });

  test('with hundreds of tracks or a monstrous picture is refused in time', async () => {
    const bomb = await fixture('bomb.mp4', [
      ...[
        '-f',
        'lavfi',
        '-i',
        'color=s=16x16:d=0.1',
        ...Array(100).fill(['-map', '0']).flat(),
        '-c:v',
        'mpeg4',
      ],
    ]);
    await bench.put(bomb, 'bomb.mp4');
    const input = { path: 'bomb.mp4', demuxer: 'mov' } as const;
    const last = await bench.last({ kind: 'probe', priority: 'viewer', input });
    const streams = last?.state === 'done' ? (last.result?.streams as unknown[]) : [];
    expect(streams.length).toBeLessThanOrEqual(64);
  });
});

describe.skipIf(!hasFfmpeg)('a hostile media server', () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await openWorkbench();
    await bench.put(await fixtures['no sound'](), 'own.mp4');
    await bench.put(await fixtures['no sound'](), '../foreign.mp4');
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  const probe = (path: string): TranscodeTask => {
    return { kind: 'probe', priority: 'viewer', input: { path, demuxer: 'mov' } };
  };
  const remux = (output: string): TranscodeTask => {
    return { kind: 'remux', priority: 'viewer', input: { path: 'own.mp4', demuxer: 'mov' }, output };
  };
  const refused = { state: 'failed', reason: 'refused' } satisfies Partial<TranscodeLine>;

  test('reads no file but its own: not by a link, nor through a linked folder', async () => {
    await symlink(join(bench.root, 'foreign.mp4'), join(bench.folder, 'link.mp4'));
    await symlink(bench.root, join(bench.folder, 'linked'));
    expect(await bench.last(probe('link.mp4'))).toMatchObject(refused);
    expect(await bench.last(probe('linked/foreign.mp4'))).toMatchObject(refused);
    expect(await bench.last(probe('nothing.mp4'))).toMatchObject(refused);
    expect(await bench.last(probe('own.mp4'))).toMatchObject({ state: 'done' });
  });

  test('writes nowhere but below its work folder', async () => {
    expect(await bench.last(remux('own.mp4'))).toMatchObject(refused);
    expect(await bench.last(remux('objects/x.mkv'))).toMatchObject(refused);
    await mkdir(join(bench.folder, 'work'), { recursive: true });
    await symlink(bench.root, join(bench.folder, 'work', 'away'));
    expect(await bench.last(remux('work/away/x.mkv'))).toMatchObject(refused);
    await rename(join(bench.folder, 'work'), join(bench.folder, 'before'));
    await symlink(bench.root, join(bench.folder, 'work'));
    expect(await bench.last(remux('work/x.mkv'))).toMatchObject(refused);
    await expect(stat(join(bench.root, 'x.mkv'))).rejects.toThrow('ENOENT');
  });
});
