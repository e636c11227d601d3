import { expect, it } from 'vitest';
import { demuxerOf } from './signature.ts';

const begins = (...parts: (string | number)[]) =>
  Uint8Array.from(
    parts.flatMap((part) => (typeof part === 'number' ? [part] : [...Buffer.from(part, 'latin1')])),
  );

it.each([
  ['avi', begins('RIFF....AVI LIST')],
  ['wav', begins('RIFF....WAVEfmt ')],
  ['flv', begins('FLV', 1, 5)],
  ['asf', begins(0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11)],
  ['mpeg', begins(0, 0, 1, 0xba, 0x44)],
  ['ogg', begins('OggS', 0)],
  ['flac', begins('fLaC', 0)],
  ['mp3', begins('ID3', 4)],
  ['mp3', begins(0xff, 0xfb, 0x90, 0x64)],
  ['aac', begins(0xff, 0xf1, 0x50, 0x80)],
  ['mxf', begins(0x06, 0x0e, 0x2b, 0x34, 2)],
  ['rm', begins('.RMF', 0)],
  ['gif', begins('GIF89a')],
  [undefined, begins(0, 0, 0, 32, 'ftypisom')],
  [undefined, begins('#EXTM3U\nhttp://')],
  [undefined, begins('ffconcat version')],
  [undefined, begins('RIFF....WEBPVP8 ')],
  [undefined, begins('just some text..')],
  [undefined, begins(0xff, 0xd8, 0xff, 0xe0)],
  [undefined, begins()],
])('%s', (demuxer, start) => {
  expect(demuxerOf(start, 'not_media')).toBe(demuxer);
});

it('hands on files of containers that we read ourselves only where ffmpeg may know better', () => {
  const packets = new Uint8Array(400);
  for (const at of [0, 188, 376]) packets[at] = 0x47;
  expect(demuxerOf(packets, 'unsupported_codec')).toBe('mpegts');
  expect(demuxerOf(begins('Great news'), 'corrupt')).toBeUndefined();
  const movie = begins(0, 0, 0, 32, 'ftypisom');
  expect(demuxerOf(movie, 'unsupported_edit_list')).toBe('mov');
  expect(demuxerOf(movie, 'truncated')).toBeUndefined();
});
