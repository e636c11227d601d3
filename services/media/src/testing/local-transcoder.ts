import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { TranscodeError, type Transcoder } from '../transcoder.ts';

/** Draws sheets with the ffmpeg of this machine, without a host, its slots or its sandbox. */
export function localTranscoder(folder: string): Transcoder {
  return {
    async run(task, { signal } = {}) {
      if (task.kind !== 'pictures') throw new TranscodeError('refused', 'only pictures');
      const { width, height, columns, rows, input, output } = task;
      const filter = `scale=${width}:${height},tile=${columns}x${rows}`;
      const code = await new Promise<number | null>((resolve) => {
        spawn(
          'ffmpeg',
          [
            ...[
              '-v',
              'error',
              '-nostdin',
              '-f',
              input.demuxer,
              '-i',
              join(folder, input.path),
              '-vsync',
              '0',
            ],
            ...['-vf', filter, '-q:v', '4', '-f', 'image2', join(folder, `${output}-%d.jpg`)],
          ],
          { stdio: 'ignore', ...(signal && { signal }) },
        )
          .once('error', () => resolve(null))
          .once('close', resolve);
      });
      signal?.throwIfAborted();
      if (code !== 0) throw new TranscodeError('input', 'ffmpeg failed');
      return null;
    },
  };
}
