import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { newId } from '@ptsdly/kit';
import { roomIn } from '../storage/room.ts';
import { SpoolFile } from './spool-file.ts';

/** The folder in which uploads grow; on the disk of the objects, so that an original moves there by rename. */
export class Spool {
  readonly #folder: string;
  readonly #files = new Map<string, SpoolFile>();

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** The file of an upload, the same object each time: its hash goes on where it was. */
  file(id: string): SpoolFile {
    const known = this.#files.get(id);
    if (known) return known;
    const file = new SpoolFile(join(this.#folder, id));
    this.#files.set(id, file);
    return file;
  }

  /** Bytes that have arrived; 0 when nothing has. */
  length(id: string): number {
    return this.file(id).length;
  }

  /** Bytes that have arrived and that nobody will take back. */
  settled(id: string): number {
    return this.file(id).settled;
  }

  /** When the last byte of an upload arrived; undefined when none has. */
  async touchedAt(id: string): Promise<Date | undefined> {
    return (await stat(this.file(id).path).catch(() => undefined))?.mtime;
  }

  /** Forgets an upload whose file has moved on, or removes what is left of it. */
  async remove(id: string): Promise<void> {
    const file = this.file(id);
    this.#files.delete(id);
    await file.close();
    await rm(file.path, { force: true });
  }

  /** Names of all files: ids of uploads, and of what a crash left behind. */
  async list(): Promise<string[]> {
    return readdir(this.#folder);
  }

  /** Writes a small file, to be put into the storage. Returns its path. */
  save(bytes: Uint8Array): string {
    const path = join(this.#folder, newId());
    const fd = openSync(path, 'wx', 0o600);
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    } finally {
      closeSync(fd);
    }
    return path;
  }

  /** Bytes that the disk still takes. */
  room(): number {
    return roomIn(this.#folder);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#files.values()].map((file) => file.close()));
  }
}
