import { type FileHandle, open } from 'node:fs/promises';
import type { Server } from '@ptsdly/contract';
import { locateMovie } from '@ptsdly/packager';
import { Person } from '../test/person.ts';
import type { Product } from '../test/product.ts';
import { createUpload, patch, type Upload } from '../test/tus.ts';
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
    await sendHeader(person, created, file, original.bytes);
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

/** The movie header ahead of the file, as our page sends it (`PUT …/uploads/{id}/moov`). */
async function sendHeader(
  person: Person,
  { location }: Upload,
  file: FileHandle,
  size: number,
): Promise<void> {
  const read = async (offset: number, length: number) => {
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, offset);
    return buffer;
  };
  const { offset, length } = await locateMovie({ size, read });
  const response = await person.fetch(`${location}/moov`, {
    method: 'PUT',
    headers: { 'content-type': 'application/octet-stream' },
    body: await read(offset, length),
  });
  if (!response.ok) throw new Error(`moov: ${response.status} ${await response.text()}`);
}
