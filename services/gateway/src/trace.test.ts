import { expect, test } from 'vitest';
import { continueTrace } from './trace.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';

test('a trace goes on with this hop as the parent', () => {
  const trace = continueTrace(`00-${traceId}-00f067aa0ba902b7-01`);
  expect(trace).toMatchObject({ traceId, isContinued: true });
  expect(trace.traceparent).toMatch(new RegExp(`^00-${traceId}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`));
});

test.each([
  undefined,
  '',
  'x',
  `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
  `ff-${traceId}-00f067aa0ba902b7-01`,
])('a new one begins for %s', (header) => {
  const trace = continueTrace(header);
  expect(trace.isContinued).toBe(false);
  expect(trace.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
});
