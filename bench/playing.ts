import { setTimeout as sleep } from 'node:timers/promises';
import { type PlayAnswer, Problem } from '@ptsdly/contract';
import type { Person } from '../test/person.ts';
import type { Subscriber } from './subscriber.ts';

/** No segment of our originals is smaller. */
const LEAST_SEGMENT = 100_000;

/** Asks for what a player asks for, in its order, to the last byte of the first video segment. */
export async function playFirstSegment({ person, server }: Subscriber, videoId: string): Promise<void> {
  const { hlsUrl } = await untilPlayable(() => person.media(server).playOwn({ params: { id: videoId } }));
  const master = await text(person, hlsUrl);
  const playlistUrl = resolve(firstUri(master), hlsUrl);
  const playlist = await text(person, playlistUrl);
  const init = /#EXT-X-MAP:URI="([^"]+)"/.exec(playlist)?.[1] ?? '';
  await bytes(person, resolve(init, playlistUrl));
  const segment = await bytes(person, resolve(firstUri(playlist), playlistUrl));
  if (segment.length < LEAST_SEGMENT) throw new Error(`${segment.length} bytes are no segment of this movie`);
}

async function untilPlayable(play: () => Promise<PlayAnswer>): Promise<PlayAnswer> {
  for (;;) {
    try {
      return await play();
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'not_playable_yet') throw error;
      await sleep(10);
    }
  }
}

const resolve = (uri: string, base: string) => new URL(uri, new URL(base, 'http://origin')).pathname;

const firstUri = (playlist: string) =>
  playlist.split('\n').find((line) => line !== '' && !line.startsWith('#')) ?? '';

const text = async (person: Person, path: string) => (await bytes(person, path)).toString('utf8');

async function bytes(person: Person, path: string): Promise<Buffer> {
  const response = await person.fetch(path);
  if (response.status !== 200) throw new Error(`a piece of the presentation answered ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}
