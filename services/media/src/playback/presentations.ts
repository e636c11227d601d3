import { Problem } from '@ptsdly/contract';
import type { VideoRow } from '../database.ts';
import { indexOf, mediaOf, originalOf } from '../library/object-names.ts';
import { objectSource } from '../library/object-source.ts';
import type { LocalStorage, Storage } from '../storage/storage.ts';
import { type OriginalSource, type Packaged, packageIndex, placed } from './packaged.ts';

interface Entry {
  readonly packaged: Promise<Packaged>;
  /** Bytes of the encoded index; in memory it takes several times that. */
  weight: number;
}

/** Encoded bytes of all indexes in memory; one is kept whatever it weighs. */
const MAX_WEIGHT = 8 * 1024 * 1024;

/**
 * Presentations of complete videos, decoded from their index file when first asked for and kept while there is room.
 */
export class Presentations {
  readonly #storage: LocalStorage;
  readonly #entries = new Map<string, Entry>();

  constructor(storage: LocalStorage) {
    this.#storage = storage;
  }

  /** Those in memory only: whoever is there has not been deleted. */
  known(id: string): Promise<Packaged> | undefined {
    return this.#entries.get(id)?.packaged;
  }

  /** Rejects with `not_playable`, or with the storage's error when its index is gone. */
  get(row: VideoRow): Promise<Packaged> {
    const entry = this.#entries.get(row.id);
    if (entry) {
      this.#entries.delete(row.id);
      this.#entries.set(row.id, entry);
      return entry.packaged;
    }
    if (!row.playable) throw new Problem('not_playable');
    return this.#add(row, readIndex(this.#storage, row.file_id));
  }

  /** Keeps an index that has just been made; `arrived` is the same one decoded, if the video played before it was whole. */
  put(row: VideoRow, index: Uint8Array, arrived?: Packaged): void {
    this.#entries.delete(row.id);
    this.#add(row, Promise.resolve(index), arrived).catch(() => undefined); // told to whoever asks for it
  }

  forget(id: string): void {
    this.#entries.delete(id);
  }

  #add(row: VideoRow, reading: Promise<Uint8Array>, known?: Packaged): Promise<Packaged> {
    const packaged = reading.then((bytes) => {
      entry.weight = bytes.length;
      this.#shed();
      const place = { source: playedObject(this.#storage, row), movie: row.movie, file: row.file_id };
      return known ? placed(known, place) : packageIndex(bytes, place);
    });
    const entry: Entry = { packaged, weight: 0 };
    this.#entries.set(row.id, entry);
    packaged.catch(() => {
      if (this.#entries.get(row.id) === entry) this.#entries.delete(row.id);
    });
    return packaged;
  }

  #shed(): void {
    let weight = 0;
    for (const entry of this.#entries.values()) weight += entry.weight;
    for (const [id, entry] of this.#entries) {
      if (weight <= MAX_WEIGHT || this.#entries.size <= 1) return;
      this.#entries.delete(id);
      weight -= entry.weight;
    }
  }
}

/** The bytes that a video is cut from: its original, or what is played in its place. */
function playedObject(
  storage: LocalStorage,
  { file_id: file, media_size, size_bytes }: VideoRow,
): OriginalSource {
  if (media_size === null) return objectSource(storage, originalOf(file), size_bytes);
  return objectSource(storage, mediaOf(file), media_size);
}

/** The index of a file, encoded. Rejects with the storage's error when there is none. */
export async function readIndex(storage: Storage, file: string): Promise<Uint8Array> {
  const name = indexOf(file);
  const stat = await storage.stat(name);
  const bytes = new Uint8Array(stat?.size ?? 0);
  await storage.read(name, 0, bytes);
  return bytes;
}
