import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PreviousUpload, UrlStorage } from 'tus-js-client';

type Notes = Record<string, PreviousUpload & { fingerprint: string }>;

/** Uploads that are under way, noted in a file of this user, so that another run goes on with them. */
export class UploadNotes implements UrlStorage {
  readonly #folder: string;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(folder: string) {
    this.#folder = folder;
  }

  async findAllUploads(): Promise<PreviousUpload[]> {
    return Object.values(await this.#read());
  }

  async findUploadsByFingerprint(fingerprint: string): Promise<PreviousUpload[]> {
    return Object.values(await this.#read()).filter((note) => note.fingerprint === fingerprint);
  }

  async addUpload(fingerprint: string, upload: PreviousUpload): Promise<string> {
    const urlStorageKey = randomUUID();
    await this.#change((notes) => {
      notes[urlStorageKey] = { ...upload, urlStorageKey, fingerprint };
    });
    return urlStorageKey;
  }

  async removeUpload(key: string): Promise<void> {
    await this.#change((notes) => {
      delete notes[key];
    });
  }

  get #file(): string {
    return join(this.#folder, 'uploads.json');
  }

  async #read(): Promise<Notes> {
    try {
      return JSON.parse(await readFile(this.#file, 'utf8')) as Notes;
    } catch {
      return {}; // none yet, or one that somebody has damaged: then uploads begin anew
    }
  }

  async #change(work: (notes: Notes) => void): Promise<void> {
    const turn = this.#turn.then(async () => {
      const notes = await this.#read();
      work(notes);
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      const draft = `${this.#file}.${randomUUID()}`;
      await writeFile(draft, JSON.stringify(notes), { mode: 0o600 });
      await rename(draft, this.#file);
    });
    this.#turn = turn.catch(() => undefined);
    await turn;
  }
}
