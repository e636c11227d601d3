import { Upload } from 'tus-js-client';
import { api } from '../../api/api.ts';
import type { Store } from '../../store/store.ts';
import { fingerprint } from './fingerprint.ts';
import { findInterrupted, forgetAddress } from './interrupted.ts';
import { forget, keep, type ReopenableHandle, recall } from './keepsakes.ts';
import { sendMovieHeader } from './movieHeader.ts';
import { grabPoster } from './poster.ts';
import { createSpeedometer } from './speed.ts';
import { startTransfer, type TransferEvents } from './transfer.ts';
import {
  type UploadItem,
  uploadAdded,
  uploadCreated,
  uploadDone,
  uploadFailed,
  uploadFound,
  uploadPaused,
  uploadProgressed,
  uploadRemoved,
  uploadResumed,
  uploadStarted,
  uploadsForgotten,
} from './uploads.ts';

/** A chosen file, with the handle that can open it again where the browser gave one. */
export interface Pick {
  readonly file: File;
  readonly handle?: ReopenableHandle | null;
}

const atOnce = 2;
const progressEvery = 200;

/** Does what the upload queue says; the queue itself is in the store. Lives as long as the page. */
export class Uploader {
  readonly #store: Store;
  readonly #files = new Map<string, File>();
  readonly #transfers = new Map<string, Upload>();
  /** The newest try of each upload; what an older one still reports is not heard. */
  readonly #tries = new Map<string, symbol>();

  constructor(store: Store) {
    this.#store = store;
  }

  async add(serverUrl: string, picks: readonly Pick[]): Promise<void> {
    for (const { file, handle = null } of picks) {
      const id = fingerprint(serverUrl, file);
      this.#files.set(id, file);
      this.#store.dispatch(uploadAdded({ id, serverUrl, fileName: file.name, size: file.size }));
      const kept = await recall(id);
      await keep({ id, videoId: kept?.videoId ?? null, handle: handle ?? kept?.handle ?? null });
    }
    this.#pump();
  }

  /** What an earlier page left unfinished; goes on by itself where the file may be read without asking. */
  async restore(serverUrl: string): Promise<void> {
    for (const found of await findInterrupted(serverUrl)) {
      const kept = await recall(found.id);
      const handle = kept?.handle ?? null;
      if (this.#item(found.id)) continue;
      const videoId = kept?.videoId ?? null;
      this.#store.dispatch(uploadFound({ ...found, videoId, canReopen: handle !== null }));
      if ((await handle?.queryPermission({ mode: 'read' })) === 'granted') await this.reopen(found.id);
    }
  }

  /** Opens the file again; the browser may ask. False when it was refused or is no longer the same file. */
  async reopen(id: string): Promise<boolean> {
    const handle = (await recall(id))?.handle;
    if (!handle || (await handle.requestPermission({ mode: 'read' })) !== 'granted') return false;
    const file = await handle.getFile().catch(() => null);
    return file !== null && this.reselect(id, file);
  }

  /** The same file, chosen again by hand. */
  reselect(id: string, file: File): boolean {
    const item = this.#item(id);
    if (!item || fingerprint(item.serverUrl, file) !== id) return false;
    this.#files.set(id, file);
    this.resume(id);
    return true;
  }

  pause(id: string): void {
    this.#store.dispatch(uploadPaused({ id }));
    void this.#stop(id).then(() => this.#pump());
  }

  resume(id: string): void {
    this.#store.dispatch(uploadResumed({ id }));
    this.#pump();
  }

  /** Ends an upload for good: what has arrived is deleted on the server too. */
  async cancel(id: string): Promise<void> {
    this.#store.dispatch(uploadRemoved({ id }));
    this.#files.delete(id);
    await this.#stop(id);
    const uploadUrl = await forgetAddress(id);
    if (uploadUrl) await Upload.terminate(uploadUrl).catch(() => undefined);
    await forget(id);
    this.#store.dispatch(api.util.invalidateTags(['Videos', 'Servers']));
    this.#pump();
  }

  /** Takes a finished one off the list. */
  dismiss(id: string): void {
    this.#store.dispatch(uploadRemoved({ id }));
  }

  dismissDone(): void {
    for (const { id, state } of this.#items()) if (state === 'done') this.dismiss(id);
  }

  /** The line is back: what failed for want of it goes on. */
  online(): void {
    for (const item of this.#items()) {
      if (item.state === 'failed' && item.problem?.code === 'unavailable') this.resume(item.id);
    }
  }

  /** Somebody signed out: nothing more is sent from this page. */
  async stopAll(): Promise<void> {
    await Promise.all([...this.#transfers.keys()].map((id) => this.#stop(id)));
    this.#files.clear();
    this.#store.dispatch(uploadsForgotten());
  }

  #items(): readonly UploadItem[] {
    return this.#store.getState().uploads.items;
  }

  #item(id: string): UploadItem | undefined {
    return this.#items().find((item) => item.id === id);
  }

  /** Starts what waits for its turn. */
  #pump(): void {
    const items = this.#items();
    const running = items.filter((item) => item.state === 'starting' || item.state === 'sending').length;
    const waiting = items.filter((item) => item.state === 'waiting' && this.#files.has(item.id));
    for (const item of waiting.slice(0, Math.max(0, atOnce - running))) void this.#start(item);
  }

  async #start({ id, serverUrl }: UploadItem): Promise<void> {
    const file = this.#files.get(id)!;
    const mine = Symbol(id);
    this.#tries.set(id, mine);
    this.#store.dispatch(uploadStarted({ id }));
    const events = this.#eventsOf(id, file, () => this.#tries.get(id) === mine);
    const transfer = await startTransfer(id, serverUrl, file, events);
    // Paused or cancelled while the address was looked up.
    if (this.#tries.get(id) === mine) this.#transfers.set(id, transfer);
    else await transfer.abort();
  }

  #eventsOf(id: string, file: File, isMine: () => boolean): TransferEvents {
    const { dispatch } = this.#store;
    const speedometer = createSpeedometer();
    let reportedAt = 0;
    return {
      created: async (videoId, uploadUrl) => {
        if (videoId) dispatch(uploadCreated({ id, videoId }));
        dispatch(api.util.invalidateTags(['Videos']));
        void recall(id).then((kept) => keep({ id, videoId, handle: kept?.handle ?? null }));
        void sendPoster(file, uploadUrl);
        // Before the file itself, whose end it is: with it the video plays while the rest is on its way.
        await sendMovieHeader(file, uploadUrl);
      },
      progressed: (sent) => {
        const now = performance.now();
        if (!isMine() || (now - reportedAt < progressEvery && sent < file.size)) return;
        reportedAt = now;
        dispatch(uploadProgressed({ id, sent, speed: speedometer(sent) }));
      },
      done: () => {
        this.#transfers.delete(id);
        this.#files.delete(id);
        dispatch(uploadDone({ id }));
        void forget(id);
        dispatch(api.util.invalidateTags(['Videos', 'Servers']));
        this.#pump();
      },
      failed: (problem) => {
        if (!isMine()) return;
        this.#transfers.delete(id);
        dispatch(uploadFailed({ id, problem }));
        this.#pump();
      },
    };
  }

  async #stop(id: string): Promise<void> {
    const transfer = this.#transfers.get(id);
    this.#transfers.delete(id);
    this.#tries.delete(id);
    await transfer?.abort().catch(() => undefined);
  }
}

/** Only a welcome; the server makes its own where it can. */
async function sendPoster(file: File, uploadUrl: string) {
  const poster = await grabPoster(file);
  if (!poster) return;
  const headers = { 'content-type': 'image/jpeg' };
  await fetch(`${uploadUrl}/poster`, { method: 'PUT', headers, body: poster }).catch(() => undefined);
}
