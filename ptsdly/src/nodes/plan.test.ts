import { expect, test } from 'vitest';
import { type PlacedServer, plan, type Sight, type SwarmNode } from './plan.ts';

const node = (id: string, more: Partial<SwarmNode> = {}): SwarmNode => ({
  ...{ id, role: 'worker', state: 'ready', availability: 'active', instance: `i-${id}` },
  isLeaving: false,
  ...more,
});
const servers = (at: string, count: number): PlacedServer[] =>
  Array.from({ length: count }, (_, i) => ({ service: `${at}${i}`, node: at }));
const sight = (more: Partial<Sight>): Sight => ({
  ...{ nodes: [], servers: [], busy: new Set(), isMoving: false, group: null },
  ...more,
});
const group = (instances: string[], leaving: string[] = []) => ({
  ...{ instances: new Set(instances), leaving: new Set(leaving) },
});

test('a node that joins gets its share, one server at a time, until nobody has two more than another', () => {
  const nodes = [node('a'), node('b')];
  let placed = servers('a', 5);
  let moves = 0;
  for (;;) {
    const [step] = plan(sight({ nodes, servers: placed }));
    if (step?.do !== 'move') break;
    moves += 1;
    placed = placed.map((server) => (server.service === step.service ? { ...server, node: 'b' } : server));
  }
  expect(moves).toBe(2);
  expect(placed.filter(({ node }) => node === 'b')).toHaveLength(2);
});

test.each([
  ['while a service changes', { isMoving: true }],
  ['to a node that is drained', { nodes: [node('a'), node('b', { availability: 'drain' })] }],
  ['to a node that is down', { nodes: [node('a'), node('b', { state: 'down' })] }],
  ['to a manager', { nodes: [node('a'), node('b', { role: 'manager' })] }],
])('nothing is moved %s', (_, more) => {
  const given = { nodes: [node('a'), node('b')], servers: servers('a', 5), ...more };
  expect(plan(sight(given as Partial<Sight>))).toEqual([]);
});

test('a machine that is to go is emptied first, one server after the other, and then let go', () => {
  const leaving = group(['i-a', 'i-b'], ['i-b']);
  const steps = (availability: SwarmNode['availability'], count: number, more: Partial<Sight> = {}) =>
    plan(
      sight({
        ...{ nodes: [node('a'), node('b', { availability })], group: leaving, servers: servers('b', count) },
        ...{ busy: new Set(['b']), ...more },
      }),
    );
  expect(steps('active', 2)).toEqual([{ do: 'pause', node: 'b' }]);
  expect(steps('pause', 2)).toEqual([{ do: 'move', service: 'b0' }]);
  expect(steps('pause', 2, { isMoving: true })).toEqual([]);
  expect(steps('pause', 0)).toEqual([{ do: 'drain', node: 'b' }]);
  expect(steps('drain', 0)).toEqual([]);
  expect(steps('drain', 0, { busy: new Set() })).toEqual([{ do: 'release', instance: 'i-b' }]);
});

test('a machine that somebody wants to be emptied is drained when its servers are elsewhere', () => {
  const steps = (availability: SwarmNode['availability'], count: number, more: Partial<SwarmNode> = {}) =>
    plan(
      sight({
        nodes: [node('a'), node('b', { availability, isLeaving: true, instance: null, ...more })],
        ...{ servers: servers('b', count), busy: new Set(['b']) },
      }),
    );
  expect(steps('active', 2)).toEqual([{ do: 'pause', node: 'b' }]);
  expect(steps('pause', 2)).toEqual([{ do: 'move', service: 'b0' }]);
  expect(steps('pause', 0)).toEqual([{ do: 'drain', node: 'b' }]);
  expect(steps('drain', 0)).toEqual([]);
  expect(steps('active', 2, { state: 'down' })).toEqual([]);
});

test('a machine that never joined, or is down, is not waited for', () => {
  expect(plan(sight({ group: group(['i-x'], ['i-x']) }))).toEqual([{ do: 'release', instance: 'i-x' }]);
  const down = [node('a', { state: 'down' })];
  expect(plan(sight({ nodes: down, busy: new Set(['a']), group: group(['i-a'], ['i-a']) }))).toEqual([
    { do: 'release', instance: 'i-a' },
  ]);
});

test('a node whose instance is gone is forgotten, but not because a group tells of none', () => {
  const nodes = [node('a', { state: 'down' }), node('b'), node('c', { state: 'down', instance: null })];
  expect(plan(sight({ nodes, group: group(['i-b']) }))).toEqual([{ do: 'remove', node: 'a' }]);
  expect(plan(sight({ nodes, group: group([]) }))).toEqual([]);
  expect(plan(sight({ nodes }))).toEqual([]);
});
