import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AnswerHeaders, AnswerParser } from './answer-parser.ts';

interface Heard {
  status: number;
  headers: AnswerHeaders;
  body: string;
  end: 'whole' | 'last' | undefined;
}

/** Reads an answer in these pieces. */
function read(pieces: readonly string[], { isHead = false, closes = false } = {}): Heard {
  const heard: Heard = { status: 0, headers: {}, body: '', end: undefined };
  const parser = new AnswerParser(
    {
      onHead: (status, headers) => Object.assign(heard, { status, headers: { ...headers } }),
      onData: (chunk) => {
        heard.body += chunk.toString('latin1');
      },
      onEnd: (isLast) => {
        heard.end = isLast ? 'last' : 'whole';
      },
    },
    isHead,
  );
  for (const piece of pieces) parser.read(Buffer.from(piece, 'latin1'));
  if (closes) expect(parser.end()).toBe(heard.end !== undefined);
  return heard;
}

const OK = 'HTTP/1.1 200 OK\r\n';
const answers: [string, string, Partial<Heard>, { isHead?: boolean; closes?: boolean }?][] = [
  ['a length', `${OK}Content-Length: 5\r\nX-A: 1\r\nx-a:  2 \r\n\r\nhello`, { body: 'hello', end: 'whole' }],
  ['an empty body', `${OK}content-length: 0\r\n\r\n`, { body: '', end: 'whole' }],
  [
    'chunks',
    `${OK}transfer-encoding: Chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nx: y\r\n\r\n`,
    { body: 'hello', end: 'whole' },
  ],
  ['no length', `${OK}x: y\r\n\r\nhello`, { body: 'hello', end: 'last' }, { closes: true }],
  [
    'a hint before it',
    `HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${OK}content-length: 1\r\n\r\nx`,
    { status: 200, body: 'x', end: 'whole' },
  ],
  ['a last answer', `${OK}connection: x, Close\r\ncontent-length: 1\r\n\r\nx`, { body: 'x', end: 'last' }],
  [
    'nothing changed',
    'HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n',
    { status: 304, body: '', end: 'whole' },
  ],
  ['an answer to HEAD', `${OK}content-length: 5\r\n\r\n`, { body: '', end: 'whole' }, { isHead: true }],
  [
    'cookies',
    `${OK}set-cookie: a\r\nset-cookie: b\r\ncontent-length: 0\r\n\r\n`,
    { headers: { 'set-cookie': ['a', 'b'], 'content-length': '0' } },
  ],
];

test.each(answers)('%s is read, whole and however it is cut', (_, text, expected, how) => {
  const whole = read([text], how);
  expect(whole).toMatchObject(expected);
  const cuts = fc.array(fc.nat(text.length), { maxLength: 12 });
  fc.assert(
    fc.property(cuts, (at) => {
      const places = [0, ...at.sort((a, b) => a - b), text.length];
      const pieces = places.slice(1).map((end, i) => text.slice(places[i], end));
      expect(read(pieces, how)).toEqual(whole);
    }),
    { numRuns: 60 },
  );
  expect(read([...text], how)).toEqual(whole);
});

test('a name that comes again is one list', () => {
  expect(read([answers[0]?.[1] ?? '']).headers).toEqual({ 'content-length': '5', 'x-a': '1, 2' });
});

test.each([
  ['two lengths', `${OK}content-length: 1\r\ncontent-length: 1\r\n\r\nx`],
  ['a length and chunks', `${OK}content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['another coding', `${OK}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
  ['a length that is none', `${OK}content-length: 0x5\r\n\r\nhello`],
  ['a negative length', `${OK}content-length: -1\r\n\r\n`],
  ['bytes after the end', `${OK}content-length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n\r\n`],
  ['bytes after an answer without a body', `HTTP/1.1 204 None\r\n\r\nx`],
  ['a folded line', `${OK}x: y\r\n z\r\ncontent-length: 0\r\n\r\n`],
  ['a space before the colon', `${OK}content-length : 0\r\n\r\n`],
  ['a line without a colon', `${OK}x\r\n\r\n`],
  ['a bare LF', `${OK}x: y\ncontent-length: 0\r\n\r\n`],
  ['a NUL', `${OK}x: \0\r\n\r\n`],
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\n\r\n'],
  ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n'],
  ['a head without an end', `${OK}x: ${'y'.repeat(17_000)}`],
  ['a chunk size that is none', `${OK}transfer-encoding: chunked\r\n\r\nx\r\n`],
  ['a chunk size with a sign', `${OK}transfer-encoding: chunked\r\n\r\n+1\r\nx\r\n`],
  ['a chunk that ends late', `${OK}transfer-encoding: chunked\r\n\r\n1\r\nxy\r\n`],
  ['a chunk line by LF', `${OK}transfer-encoding: chunked\r\n\r\n1\nx\r\n`],
  ['endless extensions', `${OK}transfer-encoding: chunked\r\n\r\n1;${'x'.repeat(2000)}`],
  ['endless trailers', `${OK}transfer-encoding: chunked\r\n\r\n0\r\n${'x: y\r\n'.repeat(4000)}`],
])('%s: refused', (_, text) => {
  expect(() => read([text])).toThrow(expect.objectContaining({ code: 'upstream_failed' }));
  expect(() => read([...text])).toThrow(expect.objectContaining({ code: 'upstream_failed' }));
});

test.each([
  ['a head', OK],
  ['a length', `${OK}content-length: 5\r\n\r\nhell`],
  ['a chunk', `${OK}transfer-encoding: chunked\r\n\r\n5\r\nhell`],
  ['chunks without the last', `${OK}transfer-encoding: chunked\r\n\r\n1\r\nx\r\n`],
])('a connection that ends within %s ends no answer', (_, text) => {
  expect(read([text], { closes: true }).end).toBeUndefined();
});
