import { statfsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Problem } from '@ptsdly/contract';

/** Bytes of the disk that background work leaves free: uploads go first. */
const RESERVE = 512 * 1024 * 1024;
const NAME = 'work';

/**
 * Where background work keeps what is not finished: `work/<video>/…` in the server's own folder, and so where the
 * transcoder of the host may read and write. Nothing in it is needed but windows that the database knows.
 */
export class WorkFolder {
  readonly #root: string;

  /** `folder` is the server's own. */
  constructor(folder: string) {
    this.#root = folder;
  }

  /** As the transcoder wants it: relative to the server's folder. */
  name(video: string, file: string): string {
    return `${NAME}/${video}/${file}`;
  }

  /** Of a file or of the video's whole folder. */
  path(video: string, file = ''): string {
    return join(this.#root, NAME, video, file);
  }

  /** The path of a file whose folder is there. */
  async make(video: string, file: string): Promise<string> {
    const path = this.path(video, file);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    return path;
  }

  /** Rejects with `no_space` when so many bytes more would leave too little. */
  requireRoom(bytes: number): void {
    const { bavail, bsize } = statfsSync(this.#root);
    if (bavail * bsize < bytes + RESERVE) throw new Problem('no_space');
  }

  async remove(video: string, file = ''): Promise<void> {
    await rm(this.path(video, file), { recursive: true, force: true });
  }

  /** Videos that have something here. */
  async videos(): Promise<string[]> {
    return readdir(join(this.#root, NAME)).catch(() => []);
  }

  /** Files and folders of a video here. */
  async files(video: string): Promise<string[]> {
    return readdir(this.path(video)).catch(() => []);
  }
}
