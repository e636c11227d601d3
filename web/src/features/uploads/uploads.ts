import { createSlice, type PayloadAction } from '@reduxjs/toolkit';
import type { ApiProblem } from '../../api/problem.ts';

/**
 * `interrupted` was cut off by a reload: its file must be opened again. `failed` has its file and can be
 * tried again as it is.
 */
export type UploadState = 'waiting' | 'starting' | 'sending' | 'paused' | 'interrupted' | 'failed' | 'done';

export interface UploadItem {
  /** Names the file and the server it goes to (see `fingerprint`). */
  readonly id: string;
  readonly serverUrl: string;
  readonly fileName: string;
  readonly size: number;
  readonly sent: number;
  /** Bytes a second; 0 while unknown. */
  readonly speed: number;
  readonly state: UploadState;
  readonly videoId: string | null;
  /** The browser can open the file again by itself, after one tap. */
  readonly canReopen: boolean;
  readonly problem: ApiProblem | null;
}

type NewItem = Pick<UploadItem, 'id' | 'serverUrl' | 'fileName' | 'size'>;
type Found = NewItem & Pick<UploadItem, 'sent' | 'videoId' | 'canReopen'>;
type Of<T> = PayloadAction<{ id: string } & T>;

interface Uploads {
  readonly items: readonly UploadItem[];
}

/** Changes one item, and only where its state allows the change. */
function change(
  state: Uploads,
  id: string,
  from: readonly UploadState[],
  to: (item: UploadItem) => Partial<UploadItem>,
): Uploads {
  return {
    items: state.items.map((item) =>
      item.id === id && from.includes(item.state) ? { ...item, ...to(item) } : item,
    ),
  };
}

const blank = { sent: 0, speed: 0, videoId: null, canReopen: false, problem: null } as const;
const live = ['starting', 'sending'] as const;
const startable = ['paused', 'interrupted', 'failed'] as const;

export const uploads = createSlice({
  name: 'uploads',
  initialState: { items: [] } as Uploads,
  reducers: {
    /** A file that was interrupted, failed or is done takes its turn again; one on its way stays as it is. */
    uploadAdded(state, { payload }: PayloadAction<NewItem>) {
      const known = state.items.find((item) => item.id === payload.id);
      if (!known) return { items: [...state.items, { ...blank, ...payload, state: 'waiting' }] };
      return change(state, payload.id, [...startable, 'done'], (item) => ({
        state: 'waiting',
        problem: null,
        ...(item.state === 'done' ? { sent: 0, videoId: null } : {}),
      }));
    },
    uploadFound(state, { payload }: PayloadAction<Found>) {
      if (state.items.some((item) => item.id === payload.id)) return state;
      return { items: [...state.items, { ...blank, ...payload, state: 'interrupted' }] };
    },
    uploadStarted: (state, { payload }: Of<object>) =>
      change(state, payload.id, ['waiting'], () => ({ state: 'starting', problem: null, speed: 0 })),
    uploadCreated: (state, { payload }: Of<{ videoId: string }>) =>
      change(state, payload.id, live, () => ({ videoId: payload.videoId })),
    uploadProgressed: (state, { payload }: Of<{ sent: number; speed: number }>) =>
      change(state, payload.id, live, () => ({
        state: 'sending',
        sent: payload.sent,
        speed: payload.speed,
      })),
    uploadPaused: (state, { payload }: Of<object>) =>
      change(state, payload.id, [...live, 'waiting'], () => ({ state: 'paused', speed: 0 })),
    uploadResumed: (state, { payload }: Of<object>) =>
      change(state, payload.id, startable, () => ({ state: 'waiting', problem: null })),
    uploadFailed: (state, { payload }: Of<{ problem: ApiProblem }>) =>
      change(state, payload.id, live, () => ({ state: 'failed', speed: 0, problem: payload.problem })),
    uploadDone: (state, { payload }: Of<object>) =>
      change(state, payload.id, live, (item) => ({ state: 'done', sent: item.size, speed: 0 })),
    uploadRemoved: (state, { payload }: Of<object>) => ({
      items: state.items.filter((item) => item.id !== payload.id),
    }),
    uploadsForgotten: () => ({ items: [] }),
  },
  selectors: { selectUploads: (state) => state.items },
});

export const {
  uploadAdded,
  uploadFound,
  uploadStarted,
  uploadCreated,
  uploadProgressed,
  uploadPaused,
  uploadResumed,
  uploadFailed,
  uploadDone,
  uploadRemoved,
  uploadsForgotten,
} = uploads.actions;

export const { selectUploads } = uploads.selectors;

/** Bytes are on their way, or will be without anybody's doing. */
export const isActive = (item: UploadItem) => ['waiting', ...live].includes(item.state);
