import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { TranscodeTask } from '@ptsdly/contract';
import { bytesSource, createPresentation, indexSource, joinVideo } from '@ptsdly/packager';
import { ffmpeg, ffprobe, fixture, fixtures, hasFfmpeg } from '@ptsdly/packager/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWorkbench, type Workbench } from './testing/bench.ts';

const ROUNDING = 0.0006;
const input = { path: 'source.mp4', demuxer: 'mov' } as const;
const still = { priority: 'viewer', track: 0, width: 160, height: 90, maxBitRate: 500_000 } as const;
const video = { ...still, kind: 'video', input, toneMap: 'none', keyFrames: [] as number[] } as const;

const indexOf = async (path: string) => indexSource(bytesSource(await readFile(path)));

/** Presentation times of an index, in seconds. */
function times({ video: track }: Awaited<ReturnType<typeof indexOf>>): number[] {
  const { samples, timescale } = track as NonNullable<typeof track>;
  return Array.from({ length: samples.count }, (_, i) => (samples.decode[i] as number) / timescale);
}

/** Of a sine whose peak is at so many dBFS. */
const amplitude = (decibels: number) => 10 ** (decibels / 20);

/** Mean brightness (0-255) of the first picture. */
async function brightness(path: string): Promise<number> {
  const measure = ['-vf', 'signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-'];
  const { stdout } = await ffmpeg(['-i', path, ...measure, '-frames:v', '1', '-f', 'null', '-']);
  return Number.parseFloat(stdout.split('YAVG=')[1] ?? '');
}

describe.skipIf(!hasFfmpeg)('with ffmpeg', () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await openWorkbench();
    await bench.put(await fixtures['H.264 and AAC, moov at the end'](), 'source.mp4');
  });
  afterAll(() => bench[Symbol.asyncDispose]());
  const made = (name: string) => join(bench.folder, name);
  const done = async (task: TranscodeTask) => {
    const last = await bench.last(task);
    expect(last).toMatchObject({ state: 'done' });
    return last?.state === 'done' ? last.result : null;
  };

  test('windows have the frames of the original, each begins at zero, and they join', async () => {
    const original = await indexOf(made('source.mp4'));
    const { boundaries } = createPresentation(original);
    const cuts = [0, boundaries[0] as number, boundaries.at(-1) as number, original.duration];
    const parts = [];
    let offset = 0;
    for (const [i, from] of cuts.slice(0, -1).entries()) {
      const to = cuts[i + 1] as number;
      const output = `work/windows/${i}.mp4`;
      const keyFrames = boundaries.filter((time) => time > from && time < to);
      await done({ ...video, from, to, output, keyFrames });
      const index = await indexOf(made(output));
      const wanted = times(original).filter((time) => time > from - ROUNDING && time < to - ROUNDING);
      const found = times(index).map((time) => time + from);
      expect(found.length).toBe(wanted.length);
      for (const [n, time] of found.entries())
        expect(Math.abs(time - (wanted[n] as number))).toBeLessThan(ROUNDING);
      parts.push({ index, start: from, offset });
      offset += (await stat(made(output))).size;
    }
    const joined = createPresentation(joinVideo(parts), { boundaries });
    expect(joined.boundaries).toEqual(boundaries);
  }, 60_000);

  test('a frame rate is kept to, and without key frames there is one every two seconds', async () => {
    await done({ ...video, from: 2, to: 8, frameRate: 10, output: 'work/ten.mp4' });
    const index = await indexOf(made('work/ten.mp4'));
    expect(index.video?.samples.count).toBe(60);
    expect([...(index.video?.samples.sync ?? [])]).toEqual([0, 20, 40]);
  });

  test('sound becomes AAC on the same timeline; what begins late stays late', async () => {
    const late = await fixture('late-sound.mp4', [
      ...[
        '-f',
        'lavfi',
        '-i',
        'sine=440:r=48000:d=3',
        '-af',
        'adelay=10',
        '-c:a',
        'ac3',
        '-output_ts_offset',
        '0.5',
      ],
    ]);
    await bench.put(late, 'late.mp4');
    const sound = { path: 'late.mp4', demuxer: 'mov' } as const;
    const task = { kind: 'audio', priority: 'background', input: sound, track: 0 } as const;
    const part = { sampleRate: 48_000, from: 0, to: 48_000 * 2 };
    await done({ ...task, ...part, output: 'work/sound.mp4', channels: 2, bitRate: 96_000 });
    const [track] = (await indexOf(made('work/sound.mp4'))).audio;
    expect(track?.format).toBe('mp4a');
    const { stderr } = await ffmpeg([
      '-v',
      'info',
      '-i',
      made('work/sound.mp4'),
      '-af',
      'silencedetect=n=-40dB:d=0.1',
      '-f',
      'null',
      '-',
    ]);
    const end = Number(/silence_end: ([\d.]+)/.exec(stderr)?.[1]);
    expect(Math.abs(end - 0.51)).toBeLessThan(0.025);
  });

  // the signals 1, 2 and 3 of EBU Tech 3341, and their peaks
  test.each([
    ['steady', '20', `${amplitude(-23)}`, -23, -23],
    ['quiet', '20', `${amplitude(-33)}`, -33, -33],
    ['gated', '80', `if(between(t,10,70),${amplitude(-23)},${amplitude(-36)})`, -23, -23],
  ])('loudness is what the standard says: %s', async (name, seconds, level, integrated, peak) => {
    const sine = `(${level})*sin(2*PI*1000*t)`;
    const signal = ['-f', 'lavfi', '-i', `aevalsrc='${sine}|${sine}':s=48000:d=${seconds}`];
    const path = await fixture(`loudness-${name}.mov`, [...signal, '-c:a', 'pcm_s24le']);
    await bench.put(path, `${name}.mov`);
    const sound = { path: `${name}.mov`, demuxer: 'mov' } as const;
    const result = await done({ kind: 'loudness', priority: 'background', input: sound, track: 0 });
    expect(Math.abs(Number(result?.integrated) - integrated)).toBeLessThanOrEqual(0.1);
    expect(Math.abs(Number(result?.truePeak) - peak)).toBeLessThanOrEqual(0.2);
  });

  test('silence has no loudness', async () => {
    const silence = await fixture('silence.mp4', [
      '-f',
      'lavfi',
      '-i',
      'anullsrc=r=48000',
      '-t',
      '2',
      '-c:a',
      'aac',
    ]);
    await bench.put(silence, 'silence.mp4');
    const quiet = { path: 'silence.mp4', demuxer: 'mov' } as const;
    const nothing = await done({ kind: 'loudness', priority: 'background', input: quiet, track: 0 });
    expect(nothing).toMatchObject({ integrated: null });
  });

  test('probe tells of streams and names no file', async () => {
    const result = await done({ kind: 'probe', priority: 'viewer', input });
    expect(result).toMatchObject({ streams: [{ codec_name: 'h264', width: 320 }, { codec_name: 'aac' }] });
    expect(JSON.stringify(result)).not.toContain('filename');
  });

  test('pictures come on sheets, the last one filled up', async () => {
    const task = { kind: 'pictures', priority: 'background', input, toneMap: 'none' } as const;
    await done({ ...task, output: 'work/sheet', width: 32, height: 18, columns: 10, rows: 20 });
    for (const name of ['work/sheet-1.jpg', 'work/sheet-2.jpg']) {
      expect(await ffprobe(['-show_streams', made(name)])).toMatchObject({
        streams: [{ codec_name: 'mjpeg', width: 320, height: 360 }],
      });
    }
    await expect(stat(made('work/sheet-3.jpg'))).rejects.toThrow('ENOENT');
  });

  test('a container that only ffmpeg reads becomes Matroska', async () => {
    const avi = await fixture('old.avi', [
      '-i',
      made('source.mp4'),
      '-c:v',
      'copy',
      '-c:a',
      'mp3',
      '-t',
      '4',
    ]);
    await bench.put(avi, 'old.avi');
    const old = { path: 'old.avi', demuxer: 'avi' } as const;
    await done({ kind: 'remux', priority: 'viewer', input: old, output: 'work/new.mkv' });
    const index = await ffprobe([
      '-show_entries',
      'stream=codec_name:format=format_name',
      made('work/new.mkv'),
    ]);
    expect(index).toMatchObject({ streams: [{ codec_name: 'h264' }, { codec_name: 'mp3' }] });
  });

  test.each(['smpte2084', 'arib-std-b67'])(
    'high dynamic range (%s) is toned down to what it was',
    async (transfer) => {
      const plain = await fixture('plain.mp4', [
        '-f',
        'lavfi',
        '-i',
        'testsrc2=s=160x90:d=0.5',
        '-pix_fmt',
        'yuv420p',
      ]);
      const raise = `zscale=tin=bt709:pin=bt709:min=bt709:rin=tv:t=${transfer}:p=2020:m=2020_ncl:npl=203,format=yuv420p10le`;
      const colours = ['-color_primaries', 'bt2020', '-color_trc', transfer, '-colorspace', 'bt2020nc'];
      const hdr = [
        '-c:v',
        'libx265',
        '-preset',
        'ultrafast',
        '-x265-params',
        'log-level=error',
        '-tag:v',
        'hvc1',
      ];
      await bench.put(await fixture('hdr.mp4', ['-i', plain, '-vf', raise, ...hdr, ...colours]), 'hdr.mp4');
      const toneMap = transfer === 'smpte2084' ? 'pq' : 'hlg';
      const high = { path: 'hdr.mp4', demuxer: 'mov' } as const;
      await done({ ...video, input: high, toneMap, output: 'work/toned.mp4' });
      const [before, after] = [await brightness(plain), await brightness(made('work/toned.mp4'))];
      expect(after / before).toBeGreaterThan(0.8);
      expect(after / before).toBeLessThan(1.1);
      const probed = await ffprobe(['-show_streams', made('work/toned.mp4')]);
      expect(probed).toMatchObject({ streams: [{ pix_fmt: 'yuv420p', color_transfer: 'bt709' }] });
    },
  );

  test('its answer tells how far it is', async () => {
    const states = [];
    for await (const line of bench.lines({ ...video, output: 'work/told.mp4' })) states.push(line);
    expect(states[0]).toEqual({ state: 'queued' });
    expect(states).toContainEqual({ state: 'running', seconds: null });
    const seconds = states.flatMap((line) => (line.state === 'running' ? [line.seconds ?? 0] : []));
    expect(seconds).toEqual([...seconds].sort((a, b) => a - b));
    expect(states.at(-1)).toEqual({ state: 'done', result: null });
  });

  test('an encoder whose device is not here gives way to the one in software', async () => {
    const said: string[] = [];
    const log = { info: () => undefined, warn: (_: object, message: string) => said.push(message) };
    await using other = await openWorkbench({ encoder: 'vaapi', log });
    await other.put(made('source.mp4'), 'source.mp4');
    expect(await other.last({ ...video, from: 0, to: 1, output: 'work/v.mp4' })).toMatchObject({
      state: 'done',
    });
    expect(said.filter((message) => /encoder does not work here/.test(message))).toHaveLength(1);
  });
});

test('a machine without ffmpeg says so', async () => {
  await using bench = await openWorkbench({ ffmpeg: '/nowhere/ffmpeg' });
  expect(await bench.last({ kind: 'probe', priority: 'viewer', input })).toMatchObject({
    state: 'failed',
    reason: 'unavailable',
  });
});
