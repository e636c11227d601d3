import { execFile } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { decodeIndex, displaySize, encodeIndex, indexSource, keyPictures } from '@ptsdly/packager';
import { openBroker } from '@ptsdly/transcoder';
import { FileSource } from '../lib/packager/src/testing/file-source.ts';
import { SheetMaker } from '../services/media/src/pictures/picture-sheets.ts';
import { storyboardLayout } from '../services/media/src/pictures/storyboard.ts';
import { localTranscoder } from '../services/media/src/testing/transcoder.ts';
import { inFolder } from './folder.ts';
import { makeOriginal, type Original } from './original.ts';
import { type Measurement, median } from './report.ts';

const run = promisify(execFile);
const SECONDS = 600;
const ROUNDS = 3;
const quiet = { info: () => undefined, warn: () => undefined };

/** Seconds from an indexed original to its sheets, against ffmpeg that decodes all keyframes of the same file. */
export function storyboard(): Promise<Measurement[]> {
  return inFolder(async (folder) => {
    const original = await makeOriginal(folder, { seconds: SECONDS });
    await using source = await FileSource.open(original.path);
    const index = decodeIndex(encodeIndex(await indexSource(source)));
    const broker = openBroker({ scratch: join(folder, 'scratch'), slots: 1, log: quiet });
    const sheets = new SheetMaker({ folder, transcoder: localTranscoder(broker, folder) });
    const { count, ...layout } = storyboardLayout({ duration: index.duration, ...displaySize(index) });
    const ours: number[] = [];
    const limit: number[] = [];
    try {
      for (let round = 0; round <= ROUNDS; round++) {
        const plain = await seconds(() => decodeKeyFrames(original, folder, round));
        const made = await seconds(async () => {
          const pictures = keyPictures(index, { count });
          if (!pictures) throw new Error('there is no picture');
          const stream = () => Promise.reject(new Error('nothing else is read'));
          const whole = { size: source.size, read: source.read.bind(source), stream };
          await sheets.draw({ pictures, source: whole, toneMap: 'none', layout });
        });
        if (round === 0) continue; // it warms the page cache
        ours.push(made);
        limit.push(plain);
      }
    } finally {
      await broker.close();
    }
    return [
      {
        ...{ case: 'ten-minutes', value: median(ours), unit: 's' },
        limit: { name: 'ffmpeg -skip_frame nokey, same tiles', value: median(limit) },
        conditions: {
          movie: `${original.seconds} s of 1080p, ${Math.round(original.bytes / 1e6)} MB, a keyframe every 2 s`,
          pictures: `${count} of ${layout.width} × ${layout.height}; the limit decodes all keyframes`,
          rounds: `${ROUNDS}, in turns, median; the sandboxed transcoder with one slot`,
        },
      },
    ];
  });
}

/** What a program does that hands the whole file to ffmpeg. */
async function decodeKeyFrames({ path }: Original, folder: string, round: number): Promise<void> {
  const output = join(folder, `plain-${round}`);
  await mkdir(output);
  await run('ffmpeg', [
    ...['-v', 'error', '-nostdin', '-skip_frame', 'nokey', '-i', path, '-an', '-vsync', '0'],
    ...['-vf', 'scale=240:136,tile=10x10', '-q:v', '4', join(output, 'sheet-%d.jpg')],
  ]);
  if ((await readdir(output)).length === 0) throw new Error('ffmpeg drew nothing');
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}
