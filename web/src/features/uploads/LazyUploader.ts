import type { ComponentType } from 'react';
import type { Pick, Uploader } from './uploader.ts';

export interface LoadedUploads {
  readonly uploader: Uploader;
  readonly Tray: ComponentType;
}

/** Stands for the uploader, which with its tray comes when somebody has a server or a file, and not with the page. */
export class LazyUploader {
  readonly #fetch: () => Promise<LoadedUploads>;
  readonly #onMissing: () => void;
  readonly #listeners = new Set<() => void>();
  #coming: Promise<LoadedUploads | null> | undefined;
  #loaded: LoadedUploads | null = null;

  /** `onMissing` hears that files were given and that the uploader could not be fetched. */
  constructor(fetch: () => Promise<LoadedUploads>, onMissing: () => void) {
    this.#fetch = fetch;
    this.#onMissing = onMissing;
  }

  /** Null until they have come. */
  get loaded(): LoadedUploads | null {
    return this.#loaded;
  }

  /** Hears that they have come; returns how to stop hearing. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** See `Uploader.add`. */
  async add(serverUrl: string, picks: readonly Pick[], folderId: string | null = null): Promise<void> {
    const loaded = await this.#load();
    if (loaded) await loaded.uploader.add(serverUrl, picks, folderId);
    else this.#onMissing();
  }

  /** See `Uploader.replace`. */
  async replace(serverUrl: string, videoId: string, pick: Pick): Promise<void> {
    const loaded = await this.#load();
    if (loaded) await loaded.uploader.replace(serverUrl, videoId, pick);
    else this.#onMissing();
  }

  /** See `Uploader.restore`. */
  async restore(serverUrl: string): Promise<void> {
    await (await this.#load())?.uploader.restore(serverUrl);
  }

  /** Somebody signed out. */
  async stopAll(): Promise<void> {
    await (await this.#coming)?.uploader.stopAll();
  }

  /** The line is back. */
  online(): void {
    this.#loaded?.uploader.online();
  }

  /** Null without a network; the next call tries again. */
  #load(): Promise<LoadedUploads | null> {
    this.#coming ??= this.#come().catch(() => {
      this.#coming = undefined;
      return null;
    });
    return this.#coming;
  }

  async #come(): Promise<LoadedUploads> {
    this.#loaded = await this.#fetch();
    for (const listener of this.#listeners) listener();
    return this.#loaded;
  }
}
