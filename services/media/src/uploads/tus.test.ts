import { describe, expect, it } from 'vitest';
import { readAnnouncement, readChecksum, readMetadata } from './tus.ts';

const announce = (fileName: string, more: Record<string, string> = {}) =>
  readAnnouncement({
    'upload-length': '10',
    'upload-metadata': `filename ${Buffer.from(fileName).toString('base64')}`,
    ...more,
  });

describe('what an upload says of itself', () => {
  it.each([
    ['clip.mp4', 'clip', 'clip.mp4'],
    ['C:\\Users\\me\\여름.MOV', '여름', '여름.MOV'],
    ['/etc/passwd', 'passwd', 'passwd'],
    ['a\u202egpj.exe\n', 'agpj', 'agpj.exe'],
    ['👨‍👩‍👧.mp4', '👨‍👩‍👧', '👨‍👩‍👧.mp4'],
    ['.mp4', '.mp4', '.mp4'],
    ['', 'video', 'video'],
    ['..', '..', '..'],
    [`${'x'.repeat(400)}.mp4`, 'x'.repeat(200), 'x'.repeat(300)],
  ])('%j is shown as %j', (given, title, fileName) => {
    expect(announce(given)).toMatchObject({ title, fileName, size: 10 });
  });

  it('keeps only types that no browser runs', () => {
    const typed = (type: string) =>
      announce('x', { 'upload-metadata': `filetype ${Buffer.from(type).toString('base64')}` }).fileType;
    expect(typed('video/quicktime')).toBe('video/quicktime');
    expect(typed('Video/MP4')).toBe('video/mp4');
    for (const type of ['text/html', 'image/svg+xml', 'video/mp4; x=y', 'video/\r\nset-cookie: a', '']) {
      expect(typed(type)).toBe('application/octet-stream');
    }
  });

  it('passes over metadata that is not well-formed', () => {
    const metadata = readMetadata('filename, ,a YQ==,b');
    expect([...metadata]).toEqual([
      ['filename', ''],
      ['a', 'a'],
      ['b', ''],
    ]);
  });

  it.each(['', '-1', '1.5', '1e3', '0x10', '99999999999999999999', '0'])(
    'refuses a length of %j',
    (length) => {
      expect(() => announce('x', { 'upload-length': length })).toThrow('invalid_fields');
    },
  );

  it('reads the checksum it can verify, and no other', () => {
    const digest = Buffer.alloc(32, 7);
    expect(readChecksum({})).toBeUndefined();
    expect(readChecksum({ 'upload-checksum': `sha256 ${digest.toString('base64')}` })).toEqual(digest);
    for (const header of ['sha1 AAAA', 'sha256', 'sha256 AAAA', '']) {
      expect(() => readChecksum({ 'upload-checksum': header })).toThrow('bad_request');
    }
  });
});
