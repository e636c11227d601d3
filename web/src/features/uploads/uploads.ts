import { createSlice, type PayloadAction } from '@reduxjs/toolkit';
import type { ApiProblem } from '../../api/problem.ts';
import type { ElsewhereItem } from './tabs.ts';

/**
 * `checking` looks whether the server has the file already, `known` means that it has and that somebody must say
 * what to do. `interrupted` was cut off by a reload: its file must be opened again. `failed` has its file and can be
 * tried again as it is.
 */
export type UploadState =
  | 'waiting'
  | 'checking'
  | 'known'
  | 'starting'
  | 'sending'
  | 'paused'
  | 'interrupted'
  | 'failed'
  | 'done';

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
  /** Where it goes; null for the top of the library. */
  readonly folderId: string | null;
  /** The video whose file it is to become. */
  readonly replaces: string | null;
  /** The video that has the same bytes. */
  readonly same: { readonly id: string; readonly title: string } | null;
  /** The browser can open the file again by itself, after one tap. */
  readonly canReopen: boolean;
  readonly problem: ApiProblem | null;
}

type NewItem = Pick<UploadItem, 'id' | 'serverUrl' | 'fileName' | 'size'> &
  Partial<Pick<UploadItem, 'folderId' | 'replaces'>>;
type Found = NewItem & Pick<UploadItem, 'sent' | 'videoId' | 'canReopen'>;
type Of<T> = PayloadAction<{ id: string } & T>;

interface Uploads {
  readonly items: readonly UploadItem[];
  /** What other tabs of this browser are sending. */
  readonly elsewhere: readonly ElsewhereItem[];
}

/** Changes one item, and only where its state allows the change. */
function change(
  state: Uploads,
  id: string,
  from: readonly UploadState[],
  to: (item: UploadItem) => Partial<UploadItem>,
): Uploads {
  return {
    ...state,
    items: state.items.map((item) =>
      item.id === id && from.includes(item.state) ? { ...item, ...to(item) } : item,
    ),
  };
}

const blank = {
  ...{ sent: 0, speed: 0, videoId: null, canReopen: false, problem: null },
  ...{ folderId: null, replaces: null, same: null },
} as const;
const live = ['checking', 'starting', 'sending'] as const;
const startable = ['paused', 'interrupted', 'failed', 'known'] as const;

export const uploads = createSlice({
  name: 'uploads',
  initialState: { items: [], elsewhere: [] } as Uploads,
  reducers: {
    /** A file that was interrupted, failed or is done takes its turn again; one on its way stays as it is. */
    uploadAdded(state, { payload }: PayloadAction<NewItem>) {
      const known = state.items.find((item) => item.id === payload.id);
      if (!known) return { ...state, items: [...state.items, { ...blank, ...payload, state: 'waiting' }] };
      return change(state, payload.id, [...startable, 'done'], (item) => ({
        state: 'waiting',
        problem: null,
        ...(item.state === 'done' ? { sent: 0, videoId: null } : {}),
      }));
    },
    uploadFound(state, { payload }: PayloadAction<Found>) {
      if (state.items.some((item) => item.id === payload.id)) return state;
      return { ...state, items: [...state.items, { ...blank, ...payload, state: 'interrupted' }] };
    },
    /** `part` of its hash is known, 0 to 1. */
    uploadChecked: (state, { payload }: Of<{ part: number }>) =>
      change(state, payload.id, ['waiting', 'checking'], (item) => ({
        state: 'checking',
        problem: null,
        sent: Math.round(item.size * payload.part),
      })),
    uploadKnown: (state, { payload }: Of<{ same: { id: string; title: string } }>) =>
      change(state, payload.id, ['checking'], () => ({ state: 'known', sent: 0, same: payload.same })),
    /** Before or after its neighbours in the line. */
    uploadMoved(state, { payload: { id, by } }: Of<{ by: number }>) {
      const from = state.items.findIndex((item) => item.id === id);
      if (from < 0) return state;
      const items = [...state.items];
      const [moved] = items.splice(from, 1);
      if (!moved) return state;
      items.splice(Math.max(0, from + by), 0, moved);
      return { ...state, items };
    },
    elsewhereHeard: (state, { payload }: PayloadAction<readonly ElsewhereItem[]>) => ({
      ...state,
      elsewhere: payload,
    }),
    uploadStarted: (state, { payload }: Of<object>) =>
      change(state, payload.id, ['waiting', 'checking'], () => ({
        state: 'starting',
        problem: null,
        speed: 0,
        sent: 0,
      })),
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
      ...state,
      items: state.items.filter((item) => item.id !== payload.id),
    }),
    uploadsForgotten: (state) => ({ ...state, items: [] }),
  },
  selectors: { selectUploads: (state) => state.items, selectElsewhere: (state) => state.elsewhere },
});

export const {
  uploadAdded,
  uploadFound,
  uploadChecked,
  uploadKnown,
  uploadMoved,
  elsewhereHeard,
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

export const { selectUploads, selectElsewhere } = uploads.selectors;

/** Bytes are on their way, or will be without anybody's doing. */
export const isActive = (item: UploadItem) => ['waiting', ...live].includes(item.state);
