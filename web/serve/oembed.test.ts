import { Problem } from '@ptsdly/contract';
import { describe, expect, it } from 'vitest';
import { embeddedCode, oembedOf, playerSize } from './oembed.ts';

const base = 'https://ptsd.test';
const card = { title: '"><script>', duration: 5, width: 1920, height: 1080 };
const codeOf = (work: () => unknown) => {
  try {
    return work();
  } catch (thrown) {
    return Problem.from(thrown).code;
  }
};

describe('oEmbed', () => {
  it.each([
    ['/AAAAAAAAAAAA', 'AAAAAAAAAAAA'],
    ['/watch/AAAAAAAAAAAA?t=5', 'AAAAAAAAAAAA'],
    ['/embed/%EC%A0%9C%EC%A3%BC-%EC%97%AC%ED%96%89', '제주-여행'],
    ['/app/videos/1', 'not_found'],
    ['/', 'not_found'],
    ['/%E0%A4%A', 'not_found'],
  ])('reads the code of %s', (path, code) =>
    expect(codeOf(() => embeddedCode({ url: base + path }, base))).toBe(code),
  );

  it('knows no other site and no other format', () => {
    for (const url of ['https://evil.test/AAAAAAAAAAAA', 'javascript:alert(1)', 'x']) {
      expect(codeOf(() => embeddedCode({ url }, base))).toBe('not_found');
    }
    expect(codeOf(() => embeddedCode({ url: `${base}/A`, format: 'xml' }, base))).toBe('format_not_offered');
  });

  it('has a player for an open link, escaped and within the size that is asked for', () => {
    const answer = oembedOf(
      { state: 'open', card, hasPoster: true },
      'A b',
      { url: '', maxwidth: 640 },
      base,
    );
    expect(answer).toMatchObject({
      type: 'video',
      version: '1.0',
      width: 640,
      height: 360,
      title: '"><script>',
    });
    const text = answer.type === 'video' ? answer.html : '';
    expect(text).toContain('<iframe src="https://ptsd.test/embed/A%20b" width="640" height="360"');
    expect(text).not.toContain('<script>');
  });

  it('names the poster where its size is known, and nowhere else', () => {
    const poster = { width: 640, height: 360 };
    const open = { state: 'open', card, hasPoster: true } as const;
    expect(oembedOf({ ...open, poster }, 'A', { url: '' }, base)).toMatchObject({
      thumbnail_url: 'https://ptsd.test/watch/A/card.jpg',
      thumbnail_width: 640,
      thumbnail_height: 360,
    });
    expect(oembedOf({ ...open, poster: null }, 'A', { url: '' }, base)).not.toHaveProperty('thumbnail_url');
  });

  it('says nothing about a video that is protected or capped, and does not know what has ended', () => {
    for (const state of ['open', 'protected', 'not_open_yet'] as const) {
      const answer = oembedOf({ state, card: null, hasPoster: false }, 'A', { url: '' }, base);
      expect(answer).toMatchObject({ type: 'link', title: 'PTSD.ly' });
    }
    for (const state of ['not_found', 'revoked', 'expired', 'taken_down'] as const) {
      const preview = { state, card: null, hasPoster: false };
      expect(codeOf(() => oembedOf(preview, 'A', { url: '' }, base))).toBe('not_found');
    }
  });

  it('keeps the shape of the video', () => {
    expect(playerSize({ width: 1080, height: 1920 })).toEqual({ width: 720, height: 1280 });
    expect(playerSize({ width: null, height: null }, { height: 360 })).toEqual({ width: 640, height: 360 });
    expect(playerSize({ width: 320, height: 240 })).toEqual({ width: 320, height: 240 });
  });
});
