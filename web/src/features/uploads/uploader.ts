import { Upload } from 'tus-js-client';
import { api } from '../../api/api.ts';
import type { RootState, Store } from '../../store/store.ts';
import { fingerprint } from './fingerprint.ts';
import { findInterrupted, forgetAddress } from './interrupted.ts';
import { forget, keep, type ReopenableHandle, recall } from './keepsakes.ts';
import { grabPoster } from './poster.ts';
import { createSpeedometer } from './speed.ts';
import { startTransfer } from './transfer.ts';
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
export function createUploader({ dispatch, getState }: Store) {
  const files = new Map<string, File>();
  const transfers = new Map<string, Upload>();
  /** The newest try of each upload; what an older one still reports is not heard. */
  const tries = new Map<string, symbol>();
  const itemOf = (id: string) => itemsOf(getState()).find((item) => item.id === id);

  /** Starts what waits for its turn. */
  function pump() {
    const waiting = itemsOf(getState()).filter((item) => item.state === 'waiting' && files.has(item.id));
    for (const item of waiting.slice(0, Math.max(0, atOnce - running()))) void start(item);
  }

  const running = () =>
    itemsOf(getState()).filter((item) => item.state === 'starting' || item.state === 'sending').length;

  async function start(item: UploadItem) {
    const { id, serverUrl } = item;
    const file = files.get(id)!;
    dispatch(uploadStarted({ id }));
    const speedometer = createSpeedometer();
    let reportedAt = 0;
    const mine = Symbol(id);
    tries.set(id, mine);
    const transfer = await startTransfer(id, serverUrl, file, {
      created(videoId, uploadUrl) {
        if (videoId) dispatch(uploadCreated({ id, videoId }));
        dispatch(api.util.invalidateTags(['Videos']));
        void recall(id).then((kept) => keep({ id, videoId, handle: kept?.handle ?? null }));
        void sendPoster(file, uploadUrl);
      },
      progressed(sent) {
        const now = performance.now();
        if (tries.get(id) !== mine) return;
        if (now - reportedAt < progressEvery && sent < file.size) return;
        reportedAt = now;
        dispatch(uploadProgressed({ id, sent, speed: speedometer(sent) }));
      },
      done() {
        transfers.delete(id);
        dispatch(uploadDone({ id }));
        void forget(id);
        files.delete(id);
        dispatch(api.util.invalidateTags(['Videos', 'Servers']));
        pump();
      },
      failed(problem) {
        if (tries.get(id) !== mine) return;
        transfers.delete(id);
        dispatch(uploadFailed({ id, problem }));
        pump();
      },
    });
    // Paused or cancelled while the address was looked up.
    if (tries.get(id) === mine) transfers.set(id, transfer);
    else await transfer.abort();
  }

  async function stop(id: string) {
    const transfer = transfers.get(id);
    transfers.delete(id);
    tries.delete(id);
    await transfer?.abort().catch(() => undefined);
  }

  return {
    async add(serverUrl: string, picks: readonly Pick[]) {
      for (const { file, handle = null } of picks) {
        const id = fingerprint(serverUrl, file);
        files.set(id, file);
        dispatch(uploadAdded({ id, serverUrl, fileName: file.name, size: file.size }));
        const kept = await recall(id);
        await keep({ id, videoId: kept?.videoId ?? null, handle: handle ?? kept?.handle ?? null });
      }
      pump();
    },

    /** What an earlier page left unfinished; goes on by itself where the file may be read without asking. */
    async restore(serverUrl: string) {
      for (const found of await findInterrupted(serverUrl)) {
        const kept = await recall(found.id);
        const handle = kept?.handle ?? null;
        if (itemOf(found.id)) continue;
        dispatch(uploadFound({ ...found, videoId: kept?.videoId ?? null, canReopen: handle !== null }));
        if ((await handle?.queryPermission({ mode: 'read' })) === 'granted') await this.reopen(found.id);
      }
    },

    /** Opens the file again; the browser may ask. False when it was refused or is no longer the same file. */
    async reopen(id: string): Promise<boolean> {
      const handle = (await recall(id))?.handle;
      const item = itemOf(id);
      if (!handle || !item || (await handle.requestPermission({ mode: 'read' })) !== 'granted') return false;
      const file = await handle.getFile().catch(() => null);
      return file !== null && this.reselect(id, file);
    },

    /** The same file, chosen again by hand. */
    reselect(id: string, file: File): boolean {
      const item = itemOf(id);
      if (!item || fingerprint(item.serverUrl, file) !== id) return false;
      files.set(id, file);
      this.resume(id);
      return true;
    },

    pause(id: string) {
      dispatch(uploadPaused({ id }));
      void stop(id).then(pump);
    },

    resume(id: string) {
      dispatch(uploadResumed({ id }));
      pump();
    },

    /** Ends an upload for good: what has arrived is deleted on the server too. */
    async cancel(id: string) {
      const item = itemOf(id);
      if (!item) return;
      dispatch(uploadRemoved({ id }));
      files.delete(id);
      await stop(id);
      const uploadUrl = await forgetAddress(id);
      if (uploadUrl && item.state !== 'done') await Upload.terminate(uploadUrl).catch(() => undefined);
      await forget(id);
      dispatch(api.util.invalidateTags(['Videos', 'Servers']));
      pump();
    },

    /** Takes a finished one off the list. */
    dismiss: (id: string) => dispatch(uploadRemoved({ id })),

    /** The line is back: what failed for want of it goes on. */
    online() {
      for (const item of itemsOf(getState())) {
        if (item.state === 'failed' && item.problem?.code === 'unavailable') this.resume(item.id);
      }
    },

    /** Somebody signed out: nothing more is sent from this page. */
    async stopAll() {
      await Promise.all([...transfers.keys()].map((id) => stop(id)));
      files.clear();
      dispatch(uploadsForgotten());
    },
  };
}

export type Uploader = ReturnType<typeof createUploader>;

const itemsOf = (state: RootState) => state.uploads.items;

/** Only a welcome; the server makes its own where it can. */
async function sendPoster(file: File, uploadUrl: string) {
  const poster = await grabPoster(file);
  if (!poster) return;
  const headers = { 'content-type': 'image/jpeg' };
  await fetch(`${uploadUrl}/poster`, { method: 'PUT', headers, body: poster }).catch(() => undefined);
}
