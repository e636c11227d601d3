import { expect, test } from 'vitest';
import { AccessLog } from './access-log.ts';
import { createLog } from './log.ts';

function lines(level: 'info' | 'warn') {
  const written: string[] = [];
  return { written, log: createLog({ level, destination: { write: (line) => written.push(line) } }) };
}

const withoutTime = (line: string | undefined) => line?.replace(/"time":"[^"]*"/, '"time":""');

test('an access line is what the log itself would have written, byte by byte', () => {
  const { written, log } = lines('info');
  const bound = log.child({ service: 'links' });
  const access = { method: 'GET', status: 302, ms: 0.123 };
  new AccessLog(bound, '/:code').note('info', access);
  bound.child({ route: '/:code' }).info(access, 'request');
  expect(withoutTime(written[0])).toBe(withoutTime(written[1]));
  expect(Date.parse(JSON.parse(written[0] ?? '').time)).toBeGreaterThan(Date.now() - 10_000);
});

test('a level that is off writes nothing, and times are cut to microseconds', () => {
  const { written, log } = lines('info');
  const access = new AccessLog(log, '/');
  access.note('debug', { method: 'GET', status: 302, ms: 1 });
  access.note('info', { method: 'GET', status: 302, ms: 1.23456 });
  expect(written.map((line) => JSON.parse(line).ms)).toEqual([1.235]);
  const quiet = lines('warn');
  new AccessLog(quiet.log, '/').note('info', { method: 'GET', status: 302, ms: 1 });
  expect(quiet.written).toEqual([]);
});
