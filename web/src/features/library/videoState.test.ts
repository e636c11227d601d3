import type { Video } from '@ptsdly/contract';
import { describe, expect, it } from 'vitest';
import { askAgainAfter, isChanging, videoState } from './videoState.ts';

const done: Video = {
  id: 'v',
  title: 'a',
  fileName: 'a.mp4',
  upload: 'complete',
  receivedBytes: 10,
  sizeBytes: 10,
  sha256: 'x',
  playable: true,
  playableUntil: null,
  processing: 'none',
  progress: null,
  jobs: [],
  failure: null,
  duration: 1,
  width: null,
  height: null,
  posterUrl: null,
  posterBy: null,
  storyboardUrl: null,
  createdAt: '2026-11-23T00:00:00Z',
  description: '',
  folderId: null,
  tags: [],
  favorite: false,
  trashedAt: null,
  resumeAt: null,
  playedAt: null,
};
const failure = { code: 'corrupt', detail: '' };

describe('videoState', () => {
  it.each<[string, Partial<Video>, boolean]>([
    ['playable', {}, false],
    ['receiving', { upload: 'receiving', playable: false }, true],
    ['receiving', { upload: 'receiving', playable: true, playableUntil: 3 }, true],
    ['processing', { playable: false }, true],
    ['failed', { playable: false, failure }, false],
    ['playable', { processing: 'running' }, true],
  ])('%s', (state, change, changing) => {
    const video = { ...done, ...change };
    expect(videoState(video)).toBe(state);
    expect(isChanging(video)).toBe(changing);
  });
});

describe('askAgainAfter', () => {
  const receiving: Video = { ...done, upload: 'receiving', playable: false };

  it('asks only for what changes by itself', () => {
    expect(askAgainAfter([done])).toBe(0);
    expect(askAgainAfter([done, receiving])).toBe(5000);
  });
});
