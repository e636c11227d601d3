import { describe, expect, it } from 'vitest';
import type { ApiProblem } from '../../api/problem.ts';
import {
  isActive,
  uploadAdded,
  uploadChecked,
  uploadCreated,
  uploadDone,
  uploadFailed,
  uploadFound,
  uploadKnown,
  uploadMoved,
  uploadPaused,
  uploadProgressed,
  uploadRemoved,
  uploadResumed,
  uploadStarted,
  uploads,
} from './uploads.ts';

const id = 'one';
const file = { id, serverUrl: '/m/a', fileName: 'a.mp4', size: 100 };
const problem: ApiProblem = { code: 'quota_exceeded', status: 413, detail: '' };
type Action = Parameters<typeof uploads.reducer>[1];
const after = (...actions: Action[]) => actions.reduce(uploads.reducer, undefined)!.items;
const started = [uploadAdded(file), uploadStarted({ id })];

describe('upload queue', () => {
  it('goes from waiting to done', () => {
    const [item] = after(
      ...started,
      uploadCreated({ id, videoId: 'v' }),
      uploadProgressed({ id, sent: 40, speed: 10 }),
      uploadDone({ id }),
    );
    expect(item).toMatchObject({ state: 'done', sent: 100, speed: 0, videoId: 'v', problem: null });
  });

  it('pauses and takes its turn again with what was sent', () => {
    const sending = [...started, uploadProgressed({ id, sent: 40, speed: 10 })];
    expect(after(...sending, uploadPaused({ id }))[0]).toMatchObject({ state: 'paused', sent: 40, speed: 0 });
    expect(after(...sending, uploadPaused({ id }), uploadResumed({ id }))[0]).toMatchObject({
      state: 'waiting',
      sent: 40,
    });
  });

  it('does not hear a late report after a pause', () => {
    const items = after(
      ...started,
      uploadPaused({ id }),
      uploadProgressed({ id, sent: 90, speed: 1 }),
      uploadFailed({ id, problem }),
      uploadDone({ id }),
    );
    expect(items[0]).toMatchObject({ state: 'paused', sent: 0 });
  });

  it('keeps the reason of a failure until it is tried again', () => {
    const failed = [...started, uploadFailed({ id, problem })];
    expect(after(...failed)[0]).toMatchObject({ state: 'failed', problem });
    expect(after(...failed, uploadResumed({ id }))[0]).toMatchObject({ state: 'waiting', problem: null });
  });

  it('finds an interrupted one, which goes on when its file is chosen again', () => {
    const found = uploadFound({ ...file, sent: 30, videoId: 'v', canReopen: false });
    expect(after(found)[0]).toMatchObject({ state: 'interrupted', sent: 30 });
    expect(after(found, found)).toHaveLength(1);
    expect(after(found, uploadAdded(file))[0]).toMatchObject({ state: 'waiting', sent: 30, videoId: 'v' });
  });

  it('leaves one alone that is on its way when the same file is chosen once more', () => {
    expect(after(...started, uploadAdded(file))).toEqual(after(...started));
  });

  it('sends a finished file again as a new video', () => {
    const items = after(...started, uploadDone({ id }), uploadAdded(file));
    expect(items[0]).toMatchObject({ state: 'waiting', sent: 0, videoId: null });
  });

  it('forgets what is removed', () => {
    expect(after(...started, uploadRemoved({ id }))).toEqual([]);
  });

  it('knows what goes on by itself', () => {
    expect(after(uploadAdded(file)).every(isActive)).toBe(true);
    expect(after(...started, uploadPaused({ id })).some(isActive)).toBe(false);
  });
});

describe('a file that the server has', () => {
  const same = { id: 'v', title: 'a' };
  it('waits for a word, and is sent or let go', () => {
    const known = [uploadAdded(file), uploadChecked({ id, part: 0.5 }), uploadKnown({ id, same })];
    expect(after(...known)[0]).toMatchObject({ state: 'known', same, sent: 0 });
    expect(isActive(after(...known)[0]!)).toBe(false);
    expect(after(...known, uploadResumed({ id }))[0]).toMatchObject({ state: 'waiting' });
    expect(after(...known, uploadRemoved({ id }))).toEqual([]);
  });
});

it('changes the order of its line', () => {
  const three = ['a', 'b', 'c'].map((one) => uploadAdded({ ...file, id: one }));
  const order = (...actions: Action[]) =>
    after(...three, ...actions)
      .map((item) => item.id)
      .join('');
  expect(order(uploadMoved({ id: 'c', by: -1 }))).toBe('acb');
  expect(order(uploadMoved({ id: 'a', by: -1 }))).toBe('abc');
  expect(order(uploadMoved({ id: 'a', by: 1 }))).toBe('bac');
  expect(order(uploadMoved({ id: 'nobody', by: 1 }))).toBe('abc');
});
