import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { bytes, idParams, page, pageQuery, seconds, timestamp } from './fields.ts';
import { jobParams, videoJob } from './jobs.ts';

/** One subscriber's media server. Paths are relative to the server's URL (`/m/<slug>`). */
export const video = z.object({
  id: z.string(),
  title: z.string(),
  fileName: z.string(),
  upload: z.enum(['receiving', 'complete']),
  /** Bytes that have arrived. */
  receivedBytes: bytes,
  sizeBytes: bytes,
  /** Hex; null until the upload is complete and hashed. */
  sha256: z.string().nullable(),
  playable: z.boolean(),
  /** Seconds of the video that can be played now; null when all of it can. */
  playableUntil: seconds.nullable(),
  processing: z.enum(['none', 'queued', 'running']),
  /** Of all that is being made for it; null when nothing is. */
  progress: z.number().min(0).max(1).nullable(),
  /** What is being made for it in the background, and what could not be made. */
  jobs: z.array(videoJob),
  /** Why it cannot be played, in words; the original can always be downloaded. */
  failure: z.object({ code: z.string(), detail: z.string() }).nullable(),
  duration: seconds.nullable(),
  width: z.int().nullable(),
  height: z.int().nullable(),
  posterUrl: z.string().nullable(),
  /** Who made the poster: a browser while it uploaded, the server, or the owner by hand. */
  posterBy: z.enum(['browser', 'server', 'owner']).nullable(),
  /** WebVTT thumbnails with sheets beside it; null until it has been made. */
  storyboardUrl: z.string().nullable(),
  createdAt: timestamp,
  description: z.string(),
  /** Null at the top of the library. */
  folderId: z.string().nullable(),
  tags: z.array(z.string()),
  favorite: z.boolean(),
  /** When it was put into the trash; what lies there plays for nobody. */
  trashedAt: timestamp.nullable(),
  /** Where the owner has stopped watching. */
  resumeAt: seconds.nullable(),
  /** When the owner watched it last. */
  playedAt: timestamp.nullable(),
});
export type Video = z.infer<typeof video>;

export const chapter = z.object({
  startAt: seconds.max(10_000_000),
  title: z.string().trim().min(1).max(200),
});
export type Chapter = z.infer<typeof chapter>;

export const subtitle = z.object({
  id: z.string(),
  /** BCP 47; `und` where nobody said. */
  language: z.string().regex(/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$/),
  /** For people; empty where the language says enough. */
  label: z.string().trim().max(100),
  /** What was uploaded. */
  format: z.enum(['vtt', 'srt', 'ass', 'smi']),
  cues: z.int(),
  /** WebVTT. */
  url: z.string(),
});
export type Subtitle = z.infer<typeof subtitle>;

/** A leading `-` turns the order round. */
export const videoSort = z.enum([
  ...(['-created', 'created', 'title', '-title', '-duration', 'duration'] as const),
  ...(['-size', 'size', '-played', '-trashed'] as const),
]);
export type VideoSort = z.infer<typeof videoSort>;

/** Every condition narrows the list. */
export const videoQuery = pageQuery.extend({
  cursor: z.string().max(2000).optional(),
  /** Position of the first item, for views that jump; a cursor is the better way to walk. */
  offset: z.coerce.number().int().min(0).max(1_000_000).optional(),
  sort: videoSort.default('-created'),
  /** Directly in this folder; `root` is the top. */
  folder: z.string().max(64).optional(),
  /** All of these words stand in title, description, file name, tags or subtitles, as they are written. */
  search: z.string().max(200).optional(),
  tag: z.string().max(50).optional(),
  favorite: z.stringbool().optional(),
  state: z.enum(['processing', 'playable', 'unplayable']).optional(),
  /** What lies in the trash, instead of all the rest. */
  trashed: z.stringbool().default(false),
});

export const playTrack = z.object({
  id: z.string(),
  kind: z.enum(['video', 'audio']),
  codec: z.string(),
  language: z.string().nullable(),
  /** Pixels as displayed; null for sound. */
  width: z.int().nullable(),
  height: z.int().nullable(),
  /** bit/s on average, or the ceiling of what is still being made. */
  bitRate: z.int().nullable(),
  /** As it was uploaded, or made of it. */
  isOriginal: z.boolean(),
  /** Whether all of it is there; what is not is made while it plays. */
  isReady: z.boolean(),
});
export type PlayTrack = z.infer<typeof playTrack>;

export const download = z.object({
  name: z.string(),
  /** Lines of the picture. */
  height: z.int(),
  url: z.string(),
});
export type Download = z.infer<typeof download>;

export const playAnswer = z.object({
  /** The token in the path of every URL below. */
  session: z.string(),
  expiresAt: timestamp,
  title: z.string(),
  duration: seconds,
  width: z.int().nullable(),
  height: z.int().nullable(),
  /** Seconds that can be played now, of a video that is still arriving; null when all of it can. */
  playableUntil: seconds.nullable(),
  hlsUrl: z.string(),
  /**
   * A plain MP4, for players that forget a rotation over HLS and for sources that cannot be cut well. Of a video that is
   * still arriving, an answer goes on as its bytes come.
   */
  progressiveUrl: z.string().nullable(),
  /** The better of the two where a player can take both. */
  prefer: z.enum(['hls', 'progressive']),
  posterUrl: z.string().nullable(),
  /** WebVTT thumbnails with sheets beside it; empty until they have been made. Null without a picture. */
  storyboardUrl: z.string().nullable(),
  eventsUrl: z.string(),
  /** The original; null where the link does not allow it. */
  downloadUrl: z.string().nullable(),
  /** Smaller sizes with their sound, each as one MP4, largest first; none where the link does not allow it. */
  downloads: z.array(download),
  tracks: z.array(playTrack),
  /**
   * What this session lacks and is being made. `event: renditions` on `eventsUrl` tells that something is ready, which
   * the next session has.
   */
  pending: z.array(z.enum(['video', 'audio'])),
  /** EBU R128 of the first sound track: LUFS, and dBTP of the peak; null before it is measured. */
  loudness: z.object({ integrated: z.number(), peak: z.number() }).nullable(),
  /** WebVTT under the session. */
  subtitles: z.array(subtitle),
  /** By time. */
  chapters: z.array(chapter),
  startAt: seconds.nullable(),
  endAt: seconds.nullable(),
  /** Where the owner has stopped watching; always null for others. */
  resumeAt: seconds.nullable(),
});
export type PlayAnswer = z.infer<typeof playAnswer>;

export const mediaApi = {
  listVideos: endpoint({
    method: 'GET',
    path: '/videos',
    access: 'user',
    scope: 'videos:read',
    summary: 'The videos of this server, newest first where no other order is asked for',
    query: videoQuery,
    /** `total` counts all that match. */
    response: page(video).extend({ total: z.int().nonnegative() }),
    problems: ['invalid_fields'],
  }),
  getVideo: endpoint({
    method: 'GET',
    path: '/videos/:id',
    access: 'user',
    scope: 'videos:read',
    summary: 'One video',
    params: idParams,
    response: video,
    problems: ['not_found'],
  }),
  updateVideo: endpoint({
    method: 'PATCH',
    path: '/videos/:id',
    access: 'user',
    scope: 'videos:write',
    summary: 'Change title, description, folder, tags or the mark of a favourite',
    params: idParams,
    body: z.object({
      title: z.string().trim().min(1).max(200).optional(),
      description: z.string().trim().max(5000).optional(),
      folderId: z.string().max(64).nullable().optional(),
      tags: z.array(z.string().trim().min(1).max(50)).max(30).optional(),
      favorite: z.boolean().optional(),
    }),
    response: video,
    problems: ['not_found', 'invalid_fields'],
  }),
  deleteVideo: endpoint({
    method: 'DELETE',
    path: '/videos/:id',
    access: 'user',
    scope: 'videos:write',
    summary: 'Delete a video with its bytes; its links end',
    params: idParams,
    problems: ['not_found'],
  }),
  importVideo: endpoint({
    method: 'POST',
    path: '/imports',
    access: 'user',
    scope: 'videos:write',
    summary: 'Fetch a file from an http(s) address; it is a video that is receiving from then on',
    body: z.object({
      url: z.string().trim().min(1).max(2000),
      title: z.string().trim().min(1).max(200).optional(),
    }),
    status: 201,
    response: video,
    problems: [
      'import_address',
      'import_private',
      'import_no_video',
      'import_unreachable',
      'import_denied',
      'import_failed',
      'quota_exceeded',
      'no_space',
      'rate_limited',
      'unavailable',
    ],
  }),
  listJobs: endpoint({
    method: 'GET',
    path: '/videos/:id/jobs',
    access: 'user',
    scope: 'videos:read',
    summary: 'What is, was or will be made for a video in the background',
    params: idParams,
    response: z.object({ items: z.array(videoJob) }),
    problems: ['not_found'],
  }),
  retryJob: endpoint({
    method: 'POST',
    path: '/videos/:id/jobs/:job/retry',
    access: 'user',
    scope: 'videos:write',
    summary: 'Try again what has failed or was canceled',
    params: jobParams,
    response: videoJob,
    problems: ['not_found', 'conflict'],
  }),
  cancelJob: endpoint({
    method: 'DELETE',
    path: '/videos/:id/jobs/:job',
    access: 'user',
    scope: 'videos:write',
    summary: 'Give up what is queued or running; what is finished of it stays',
    params: jobParams,
    response: videoJob,
    problems: ['not_found', 'conflict'],
  }),
  askRendition: endpoint({
    method: 'POST',
    path: '/videos/:id/renditions',
    access: 'user',
    scope: 'videos:write',
    summary: 'Ask for the video in another size; never larger than the original',
    params: idParams,
    body: z.object({ height: z.int().min(360).max(2160) }),
    response: z.object({ items: z.array(videoJob) }),
    problems: ['not_found', 'not_playable', 'not_playable_yet', 'conflict'],
  }),
  playOwn: endpoint({
    method: 'POST',
    path: '/videos/:id/play',
    access: 'user',
    scope: 'videos:read',
    summary: 'A play session for the owner',
    params: idParams,
    response: playAnswer,
    problems: ['not_found', 'not_playable_yet', 'not_playable', 'video_trashed'],
  }),
  playGrant: endpoint({
    method: 'POST',
    path: '/play',
    access: 'grant',
    summary: 'A play session for the bearer of a grant; a grant is redeemed once',
    body: z.object({ grant: z.string().max(4000) }),
    response: playAnswer,
    problems: [
      'grant_invalid',
      'not_found',
      'not_playable_yet',
      'not_playable',
      'session_ended',
      'video_trashed',
    ],
  }),
} as const;
