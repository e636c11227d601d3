import { Problem } from '@ptsdly/contract';
import { expect, it } from 'vitest';
import { TranscodeError, type TranscodeFailure } from '../transcoder.ts';
import { outcomeOf } from './job-outcome.ts';

const failed = (reason: TranscodeFailure) => new TranscodeError(reason, 'said by ffmpeg');
const tries = (error: unknown) => {
  const pauses: number[] = [];
  for (let attempt = 1; ; attempt++) {
    const { retryMs } = outcomeOf(error, attempt);
    if (retryMs === null) return pauses;
    pauses.push(retryMs);
  }
};

it.each([
  ['a file that cannot be decoded', failed('input'), 'cannot_decode', 0],
  ['a task that takes too long', failed('timeout'), 'took_too_long', 1],
  ['a machine without ffmpeg', failed('unavailable'), 'transcoder_unavailable', 4],
  ['an ffmpeg that dies', failed('failed'), 'failed', 3],
  ['a full disk that ffmpeg met', failed('full'), 'disk_full', 6],
  ['a full disk that we met', Object.assign(new Error('no'), { code: 'ENOSPC' }), 'disk_full', 6],
  ['a disk without room', new Problem('no_space'), 'disk_full', 6],
  ['a fault of ours', new TypeError('oops'), 'failed', 3],
])('%s: tells its reason and is tried again so often', (_, error, code, count) => {
  expect(outcomeOf(error, 1).code).toBe(code);
  expect(outcomeOf(error, 1).detail).not.toContain('oops');
  const pauses = tries(error);
  expect(pauses.length).toBe(count);
  expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
});
