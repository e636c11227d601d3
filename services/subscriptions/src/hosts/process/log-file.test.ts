import { appendFileSync, readFileSync, statSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testFolder } from '../../testing/service.ts';
import { LogFile } from './log-file.ts';

test('a log that has grown is moved aside, also under a writer that goes on', () => {
  const folder = testFolder();
  const path = join(folder.path, 'media.log');
  const log = new LogFile(path, 10);
  log.lend((descriptor) => {
    writeSync(descriptor, 'twelve bytes');
    log.bound();
    expect(statSync(path).size).toBe(0);
    expect(readFileSync(`${path}.1`, 'utf8')).toBe('twelve bytes');
    writeSync(descriptor, 'more');
  });
  expect(readFileSync(path, 'utf8')).toBe('more');
  appendFileSync(path, 'and more again');
  log.lend(() => undefined);
  expect(readFileSync(`${path}.1`, 'utf8')).toBe('moreand more again');
  folder.remove();
});

test('a link in the place of the log is not followed', () => {
  const folder = testFolder();
  const other = join(folder.path, 'other');
  writeFileSync(other, 'precious bytes of somebody else');
  symlinkSync(other, join(folder.path, 'media.log'));
  const log = new LogFile(join(folder.path, 'media.log'), 10);
  log.bound();
  expect(() => log.lend((descriptor) => writeSync(descriptor, 'x'))).toThrow(/ELOOP/);
  expect(readFileSync(other, 'utf8')).toBe('precious bytes of somebody else');
  folder.remove();
});
