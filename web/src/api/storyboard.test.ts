import { expect, it } from 'vitest';
import { parseStoryboard } from './storyboard.ts';

it('reads what the server writes, and nothing else', () => {
  const text = `WEBVTT

00:00:00.000 --> 00:00:06.000
sheet-1.jpg?v=2#xywh=0,0,240,136

00:00:06.000 --> 00:00:12.000
sheet-1.jpg?v=2#xywh=240,0,240,136

NOTE somebody else's
https://example.test/x.jpg
`;
  const sheet = 'https://here.test/m/a/videos/1/storyboard/sheet-1.jpg?v=2';
  expect(parseStoryboard(text, 'https://here.test/m/a/videos/1/storyboard/list.vtt?v=2')).toEqual([
    { sheet, x: 0, y: 0, width: 240, height: 136 },
    { sheet, x: 240, y: 0, width: 240, height: 136 },
  ]);
  expect(parseStoryboard('WEBVTT\n', 'https://here.test/')).toEqual([]);
});
