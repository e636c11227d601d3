import type { PlayAnswer } from '@ptsdly/contract';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { beginning } from './beginning.ts';
import { loadHabits, loadPlace, saveHabits, savePlace } from './habits.ts';
import { gainFor } from './loudness.ts';
import { writeChapters } from './TextTracks.tsx';

/** A browser's storage in memory. */
function memory(start: Record<string, string> = {}) {
  const kept = new Map(Object.entries(start));
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
}

describe('habits', () => {
  it('are kept one by one', () => {
    const storage = memory();
    saveHabits({ rate: 1.5 }, storage);
    saveHabits({ captions: 'ko' }, storage);
    expect(loadHabits(storage)).toEqual({ rate: 1.5, captions: 'ko', normalise: false });
  });

  it.each(['{"rate":9}', 'null', '[', '{"rate":"fast","normalise":1}'])(
    'are the usual ones in %s',
    (value) => {
      const usual = { rate: 1, captions: null, normalise: false };
      expect(loadHabits(memory({ 'ptsdly.player': value }))).toEqual(usual);
    },
  );
});

describe('the place in a video', () => {
  it('is remembered, but near neither end', () => {
    const storage = memory();
    savePlace('video 1', 100.7, 600, storage);
    expect(loadPlace('video 1', storage)).toBe(100);
    savePlace('video 1', 595, 600, storage);
    expect(loadPlace('video 1', storage)).toBeNull();
    savePlace('video 2', 5, 600, storage);
    expect(loadPlace('video 2', storage)).toBeNull();
  });

  it('is forgotten for the oldest of very many', () => {
    const storage = memory();
    for (let i = 0; i < 130; i++) savePlace(`video ${i}`, 100, 600, storage);
    expect(loadPlace('video 0', storage)).toBeNull();
    expect(loadPlace('video 129', storage)).toBe(100);
  });

  it('survives storage that holds something else', () => {
    expect(loadPlace('x', memory({ 'ptsdly.places': '{"x":1}' }))).toBeNull();
    expect(loadPlace('x', memory({ 'ptsdly.places': '[["x","soon"],3]' }))).toBeNull();
  });
});

describe('beginning', () => {
  const play = { duration: 600, endAt: null, startAt: null, resumeAt: null } as unknown as PlayAnswer;

  beforeEach(() => vi.stubGlobal('localStorage', memory()));

  it('is what the address says, then where it was left, then what the link says', () => {
    savePlace('video 1', 200, 600);
    expect(beginning(90, 'video 1', play)).toEqual({ startAt: 90 });
    expect(beginning(null, 'video 1', play, 30)).toEqual({ startAt: 200, isResumed: true });
    expect(beginning(null, 'video 1', { ...play, resumeAt: 300 })).toEqual({ startAt: 300, isResumed: true });
    expect(beginning(null, 'video 2', play, 30)).toEqual({ startAt: 30 });
    expect(beginning(null, 'video 2', play)).toEqual({ startAt: 0 });
  });

  it('is never behind the end of a link', () => {
    savePlace('link a', 200, 600);
    expect(beginning(null, 'link a', { ...play, endAt: 100, startAt: 50 })).toEqual({ startAt: 50 });
  });
});

describe('gainFor', () => {
  const decibels = (integrated: number, peak: number) => 20 * Math.log10(gainFor({ integrated, peak }));

  it('lowers what is loud, and raises what is quiet as far as its peaks allow', () => {
    expect(decibels(-6, 0)).toBeCloseTo(-10);
    expect(decibels(-26, -20)).toBeCloseTo(10);
    expect(decibels(-26, -5)).toBeCloseTo(4);
    expect(decibels(-26, 0)).toBeCloseTo(0);
    expect(decibels(-60, -50)).toBeCloseTo(15);
  });
});

describe('writeChapters', () => {
  it('is WebVTT whatever a title holds', () => {
    const chapters = [
      { startAt: 0, title: 'Begin <b>' },
      { startAt: 3661.5, title: 'a --> b\n\n00:00' },
    ];
    expect(writeChapters(chapters, 4000)).toBe(
      'WEBVTT\n\n00:00:00.000 --> 01:01:01.500\nBegin &lt;b>\n\n01:01:01.500 --> 01:06:40.000\na → b 00:00\n',
    );
    expect(writeChapters([], 10)).toBeNull();
    expect(writeChapters([{ startAt: 20, title: 'late' }], 10)).toBeNull();
  });
});
