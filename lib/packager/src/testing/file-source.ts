import { type FileHandle, open } from 'node:fs/promises';
import type { ByteSource } from '../source.ts';

/** A source over a file, which counts what is read from it. */
export class FileSource implements ByteSource {
  readonly size: number;
  bytesRead = 0;
  reads = 0;
  readonly #file: FileHandle;

  private constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.size = size;
  }

  static async open(path: string): Promise<FileSource> {
    const file = await open(path);
    return new FileSource(file, (await file.stat()).size);
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const bytes = Buffer.allocUnsafe(length);
    await this.readInto(offset, bytes);
    return bytes;
  }

  async readInto(offset: number, target: Uint8Array): Promise<void> {
    this.reads++;
    this.bytesRead += target.length;
    const { bytesRead } = await this.#file.read(target, 0, target.length, offset);
    if (bytesRead !== target.length) throw new Error(`short read at ${offset}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }
}
