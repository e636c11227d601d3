import { readFile } from 'node:fs/promises';
import type { Server } from '@ptsdly/contract';
import { fixture } from '@ptsdly/packager/testing';
import { type Person, until } from '../person.ts';
import type { Product } from '../product.ts';
import { createUpload, patch } from '../tus.ts';
import { newcomer } from './signed-in.ts';

/** Somebody's video with a link, its pictures made. */
export interface SharedVideo {
  readonly person: Person;
  readonly server: Server;
  readonly id: string;
  /** The short URL. */
  readonly url: string;
}

/** `seconds` of a moving picture with a tone, a keyframe each second. */
export function film(seconds: number, size = '640x360'): Promise<string> {
  return fixture('film.mp4', [
    ...['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=30:d=${seconds}`],
    ...['-f', 'lavfi', '-i', `sine=440:r=48000:d=${seconds}`],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-g', '30', '-sc_threshold', '0'],
    ...['-b:v', '1M', '-c:a', 'aac'],
  ]);
}

/** Signs up, uploads a film, waits for its storyboard and shares it. */
export async function shareFilm(product: Product, path: string): Promise<SharedVideo> {
  const person = await newcomer(product);
  const server = await person.subscribe();
  const { id, url } = await addFilm({ person, server }, await readFile(path));
  await until(
    () => person.media(server).getVideo({ params: { id } }),
    ({ storyboardUrl, posterBy }) => storyboardUrl !== null && posterBy === 'server',
    (video) => `the pictures are not there: ${JSON.stringify(video.jobs)}`,
    40,
  );
  return { person, server, id, url };
}

/** Uploads one more, its first `bytes` if so many are given, and shares it; `rest` sends the rest. */
export async function addFilm(
  { person, server }: Pick<SharedVideo, 'person' | 'server'>,
  film: Uint8Array<ArrayBuffer>,
  bytes = film.length,
) {
  const upload = await createUpload(person, server, 'film.mp4', film.length);
  const { url } = await person.links.createLink({ body: { serverId: server.id, videoId: upload.videoId } });
  const send = (from: number, to: number) => patch(person, upload, from, film.subarray(from, to));
  await send(0, bytes);
  return { id: upload.videoId, url, rest: () => send(bytes, film.length) };
}
