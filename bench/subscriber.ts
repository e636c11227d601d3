import { open } from 'node:fs/promises';
import type { Server } from '@ptsdly/contract';
import { Person } from '../test/person.ts';
import type { Product } from '../test/product.ts';
import { createUpload, patch } from '../test/tus.ts';
import type { Original } from './original.ts';

const CHUNK = 64 * 1024 * 1024;
/** What the last PATCH carries. */
const LAST = 1024 * 1024;

/** Somebody with a media server that is ready. */
export interface Subscriber {
  readonly person: Person;
  readonly server: Server;
}

export async function subscribe(product: Product): Promise<Subscriber> {
  const person = new Person(product.url);
  await person.signUp();
  return { person, server: await person.subscribe() };
}

/** Uploads an original by tus, the last PATCH a short one; resolves with the video's id at the answer to that. */
export async function upload({ person, server }: Subscriber, original: Original): Promise<string> {
  const created = await createUpload(person, server, 'original.mp4', original.bytes);
  const file = await open(original.path);
  try {
    const last = original.bytes - LAST;
    for (let offset = 0; offset < original.bytes; ) {
      const length = offset < last ? Math.min(CHUNK, last - offset) : LAST;
      const bytes = Buffer.allocUnsafe(length);
      await file.read(bytes, 0, length, offset);
      const response = await patch(person, created, offset, bytes);
      if (response.status !== 204) throw new Error(`PATCH: ${response.status} ${await response.text()}`);
      offset += length;
    }
    return created.videoId;
  } finally {
    await file.close();
  }
}
