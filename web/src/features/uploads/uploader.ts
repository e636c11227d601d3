import { Upload } from 'tus-js-client';
import { api } from '../../api/api.ts';
import { libraryEndpoints } from '../../api/library.ts';
import type { Store } from '../../store/store.ts';
import { fingerprint, isFileOf } from './fingerprint.ts';
import { findInterrupted, forgetAddress, hasBegun } from './interrupted.ts';
import { forget, keep, type ReopenableHandle, recall } from './keepsakes.ts';
import { sendMovieHeader } from './movieHeader.ts';
import { grabPoster } from './poster.ts';
import { findSameFile } from './sameFile.ts';
import { createSpeedometer } from './speed.ts';
import { Tabs } from './tabs.ts';
import { startTransfer, type TransferEvents } from './transfer.ts';
import {
  elsewhereHeard,
  isActive,
  type UploadItem,
  uploadAdded,
  uploadChecked,
  uploadCreated,
  uploadDone,
  uploadFailed,
  uploadFound,
  uploadKnown,
  uploadMoved,
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
  /** Names of the folders it lay in, from above. */
  readonly path?: readonly string[];
}

const atOnce = 2;
const progressEvery = 200;
const foldersAtOnce = 500;
/** What looks different when a file has come or gone. */
const changed = ['Videos', 'Library', 'Folders', 'Servers', 'Details'] as const;

/** Does what the upload queue says; the queue itself is in the store. Lives as long as the page. */
export class Uploader {
  readonly #store: Store;
  readonly #files = new Map<string, File>();
  readonly #transfers = new Map<string, Upload>();
  /** The newest try of each upload; what an older one still reports is not heard. */
  readonly #tries = new Map<string, symbol>();

  readonly #checks = new Map<string, AbortController>();
  /** Files that shall be sent although the server has them. */
  readonly #wanted = new Set<string>();
  readonly #tabs: Tabs;

  constructor(store: Store) {
    this.#store = store;
    this.#tabs = new Tabs(
      () => this.#items().filter(isActive),
      (items) => store.dispatch(elsewhereHeard(items)),
    );
  }

  /** Another file for a video, which keeps its links and all that is said of it. */
  async replace(serverUrl: string, videoId: string, { file, handle = null }: Pick): Promise<void> {
    const id = fingerprint(serverUrl, file, ['replaces', videoId]);
    this.#files.set(id, file);
    const item = { id, serverUrl, fileName: file.name, size: file.size, replaces: videoId };
    this.#store.dispatch(uploadAdded(item));
    await keep({ id, videoId, handle });
    this.#pump();
  }

  /** Files for a folder; those that lay in folders of their own come into such folders below it. */
  async add(serverUrl: string, picks: readonly Pick[], folderId: string | null = null): Promise<void> {
    const folders = await this.#foldersFor(serverUrl, picks, folderId);
    for (const { file, handle = null, path = [] } of picks) {
      const id = fingerprint(serverUrl, file, path);
      this.#files.set(id, file);
      const to = folders.get(path.join('/')) ?? folderId;
      this.#store.dispatch(
        uploadAdded({ id, serverUrl, fileName: file.name, size: file.size, folderId: to }),
      );
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
      if (this.#item(found.id) || (await this.#tabs.isElsewhere(found.id))) continue;
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
    if (!item || !isFileOf(id, item.serverUrl, file)) return false;
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

  /** Although the server has the file already. */
  sendAnyway(id: string): void {
    this.#wanted.add(id);
    this.resume(id);
  }

  /** One place nearer to its turn, or farther from it. */
  move(id: string, by: -1 | 1): void {
    this.#store.dispatch(uploadMoved({ id, by }));
  }

  pauseAll(): void {
    for (const item of this.#items()) if (isActive(item)) this.pause(item.id);
  }

  resumeAll(): void {
    for (const item of this.#items()) if (item.state === 'paused') this.resume(item.id);
  }

  /** Ends an upload for good: what has arrived is deleted on the server too. */
  async cancel(id: string): Promise<void> {
    this.#store.dispatch(uploadRemoved({ id }));
    this.#files.delete(id);
    await this.#stop(id);
    const uploadUrl = await forgetAddress(id);
    if (uploadUrl) await Upload.terminate(uploadUrl).catch(() => undefined);
    await forget(id);
    this.#store.dispatch(api.util.invalidateTags([...changed]));
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
    const running = items.filter(({ state }) => ['checking', 'starting', 'sending'].includes(state)).length;
    const waiting = items.filter((item) => item.state === 'waiting' && this.#files.has(item.id));
    for (const item of waiting.slice(0, Math.max(0, atOnce - running))) void this.#start(item);
  }

  async #start({ id, serverUrl, folderId, replaces }: UploadItem): Promise<void> {
    const file = this.#files.get(id)!;
    const mine = Symbol(id);
    this.#tries.set(id, mine);
    const isMine = () => this.#tries.get(id) === mine;
    this.#store.dispatch(uploadChecked({ id, part: 0 }));
    if (!(await this.#tabs.hold(id))) return this.#leaveToOther(id);
    if (!replaces && (await this.#isKnown(id, serverUrl, file, isMine))) return this.#pump();
    if (!isMine()) return;
    this.#store.dispatch(uploadStarted({ id }));
    const events = this.#eventsOf(id, file, isMine);
    const transfer = await startTransfer(id, serverUrl, { file, folderId, replaces }, events);
    // Paused or cancelled while the address was looked up.
    if (isMine()) this.#transfers.set(id, transfer);
    else await transfer.abort();
  }

  /** Another tab sends this file; here it needs no row of its own. */
  #leaveToOther(id: string): void {
    this.#store.dispatch(uploadRemoved({ id }));
    this.#pump();
  }

  /** True when the server has the file; what has begun, or is wanted all the same, is not looked for. */
  async #isKnown(id: string, serverUrl: string, file: File, isMine: () => boolean): Promise<boolean> {
    if (this.#wanted.has(id) || (await hasBegun(id))) return false;
    const checking = new AbortController();
    this.#checks.set(id, checking);
    const onProgress = (part: number) => {
      if (isMine()) this.#store.dispatch(uploadChecked({ id, part }));
    };
    const { signal } = checking;
    const same = await findSameFile({ store: this.#store, serverUrl, file, signal, onProgress });
    this.#checks.delete(id);
    if (!same || !isMine()) return false;
    this.#tabs.letGo(id);
    this.#store.dispatch(uploadKnown({ id, same: { id: same.id, title: same.title } }));
    return true;
  }

  /** The folders that the files lay in, by their paths; made where they are missing. */
  async #foldersFor(
    serverUrl: string,
    picks: readonly Pick[],
    parentId: string | null,
  ): Promise<ReadonlyMap<string, string>> {
    const paths = new Map(picks.map(({ path = [] }) => [path.join('/'), [...path]]));
    paths.delete('');
    const found = new Map<string, string>();
    const wanted = [...paths];
    for (let at = 0; at < wanted.length; at += foldersAtOnce) {
      const some = wanted.slice(at, at + foldersAtOnce);
      const call = { serverUrl, parentId, paths: some.map(([, path]) => path) };
      const { data } = await this.#store.dispatch(libraryEndpoints.ensureFolders.initiate(call));
      for (const [i, [name]] of some.entries()) {
        const id = data?.folderIds[i];
        if (id) found.set(name, id);
      }
    }
    return found;
  }

  #eventsOf(id: string, file: File, isMine: () => boolean): TransferEvents {
    const { dispatch } = this.#store;
    const speedometer = createSpeedometer();
    let reportedAt = 0;
    return {
      created: async (videoId, uploadUrl) => {
        if (videoId) dispatch(uploadCreated({ id, videoId }));
        dispatch(api.util.invalidateTags(['Videos', 'Details']));
        void recall(id).then((kept) => keep({ id, videoId, handle: kept?.handle ?? null }));
        if (!this.#item(id)?.replaces) void sendPoster(file, uploadUrl);
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
        this.#wanted.delete(id);
        this.#tabs.letGo(id);
        dispatch(uploadDone({ id }));
        void forget(id);
        dispatch(api.util.invalidateTags([...changed]));
        this.#pump();
      },
      failed: (problem) => {
        if (!isMine()) return;
        this.#transfers.delete(id);
        this.#tabs.letGo(id);
        dispatch(uploadFailed({ id, problem }));
        this.#pump();
      },
    };
  }

  async #stop(id: string): Promise<void> {
    const transfer = this.#transfers.get(id);
    this.#transfers.delete(id);
    this.#tries.delete(id);
    this.#checks.get(id)?.abort();
    this.#tabs.letGo(id);
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
