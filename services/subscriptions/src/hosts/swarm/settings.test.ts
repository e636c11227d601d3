import { expect, test } from 'vitest';
import { negotiate } from './docker-engine.ts';
import { readSwarmSettings } from './settings.ts';

test('the engine is the socket of this machine where none is named', () => {
  const rest = '?image=media:1&network=servers&data=/srv/servers';
  expect(readSwarmSettings(rest)).toMatchObject({
    ...{ engine: '/var/run/docker.sock', prefix: 'ptsdly', cpus: 1, memory: 2 ** 30, reserve: 96 * 2 ** 20 },
  });
  expect(readSwarmSettings(`http://manager:2375${rest}`)).toMatchObject({ engine: 'http://manager:2375' });
  expect(
    readSwarmSettings(`/run/d.sock${rest}&memory=512m&constraints=node.role==worker,node.labels.a==b`),
  ).toMatchObject({
    engine: '/run/d.sock',
    memory: 2 ** 29,
    constraints: ['node.role==worker', 'node.labels.a==b'],
  });
});

test.each([
  ['', 'image'],
  ['?image=a&network=b', 'data'],
  ['?image=a&network=b&data=servers', 'absolute'],
  ['?image=a&network=b&data=/d&memory=much', 'bytes'],
  ['?image=a&network=b&data=/d&cpus=0', 'cpus'],
  ['?image=a&network=b&data=/d&prefix=A%20B', 'prefix'],
  ['?image=a&network=b&data=/d&imagge=a', 'imagge'],
])('%s is refused, and it says why', (location, why) => {
  expect(() => readSwarmSettings(location)).toThrow(why);
});

test.each([
  ['1.41', '1.12', '1.41'],
  ['1.47', '1.24', '1.47'],
  ['1.52', '1.44', '1.47'],
  ['1.60', '1.50', '1.50'],
])('an engine of %s that asks for %s at least is spoken to in %s', (engine, minimum, version) => {
  expect(negotiate(engine, minimum)).toBe(version);
});

test('an engine that is too old is refused', () => {
  expect(() => negotiate('1.40')).toThrow(expect.objectContaining({ kind: 'stop' }));
});
