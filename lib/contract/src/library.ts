import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { bytes, id, idParams, page, seconds, timestamp } from './fields.ts';
import { chapter, download, subtitle, video } from './media.ts';
import { type ProblemCode, problems } from './problem.ts';

/** What an owner does with the videos of a server. Paths are relative to the server's URL (`/m/<slug>`). */

/** Null stands for the top of the library. */
const place = id.nullable();
const name = z.string().trim().min(1).max(120);
const tag = z.string().trim().min(1).max(50);

export const folder = z.object({
  id: z.string(),
  parentId: z.string().nullable(),
  name: z.string(),
  /** Videos directly in it; those in the trash do not count. */
  videoCount: z.int().nonnegative(),
  sizeBytes: bytes,
  createdAt: timestamp,
});
export type Folder = z.infer<typeof folder>;

/** A folder that was put into the trash, with all that went there with it. */
export const trashedFolder = folder.extend({ trashedAt: timestamp });
export type TrashedFolder = z.infer<typeof trashedFolder>;

/** One kind of change for many videos. */
export const bulkAction = z.discriminatedUnion('do', [
  z.object({ do: z.literal('move'), folderId: place }),
  z.object({ do: z.literal('tag'), add: z.array(tag).max(20), remove: z.array(tag).max(20) }),
  z.object({ do: z.literal('favorite'), favorite: z.boolean() }),
  z.object({ do: z.literal('trash') }),
  z.object({ do: z.literal('restore') }),
  /** For good; its links end. */
  z.object({ do: z.literal('delete') }),
]);
export type BulkAction = z.infer<typeof bulkAction>;

const problemCode = z.enum(Object.keys(problems) as [ProblemCode, ...ProblemCode[]]);

/** What became of each video, in the order of the ids. */
export const bulkAnswer = z.object({
  results: z.array(
    z.object({ id: z.string(), problem: z.object({ code: problemCode, detail: z.string() }).nullable() }),
  ),
});
export type BulkAnswer = z.infer<typeof bulkAnswer>;

const amount = z.object({ count: z.int().nonnegative(), bytes });

/** The library at a glance. */
export const librarySummary = z.object({
  usedBytes: bytes,
  quotaBytes: bytes,
  /** Not in the trash. */
  videos: amount,
  favorites: amount,
  trash: amount,
  /** What the used bytes are made of, without what lies in the trash; and what was made of originals, beside them. */
  storage: z.object({
    /** Originals that are here. */
    originals: bytes,
    /** Announced by uploads that are under way. */
    arriving: bytes,
    /** Files that were replaced and can still be put back. */
    former: bytes,
    /** Smaller sizes and converted sound; they do not count towards the quota. */
    renditions: bytes,
  }),
  /** Still arriving or being prepared. */
  processing: amount,
  unplayable: amount,
  /** By container (`mp4`, `mov`, `mkv`, …), largest first. */
  kinds: z.array(amount.extend({ kind: z.string() })),
  /** With the number of videos that carry them, by name. */
  tags: z.array(z.object({ name: z.string(), count: z.int() })),
  /** Days after which what lies in the trash is deleted. */
  trashDays: z.int(),
});
export type LibrarySummary = z.infer<typeof librarySummary>;

export const videoTrack = z.object({
  kind: z.enum(['video', 'audio']),
  /** RFC 6381. */
  codec: z.string(),
  language: z.string().nullable(),
});

/** What the page of one video shows beside the video itself. */
export const videoDetails = z.object({
  /** None while nothing of it can be played. */
  tracks: z.array(videoTrack),
  subtitles: z.array(subtitle),
  chapters: z.array(chapter),
  /** Smaller sizes with their sound, each as one MP4, largest first. */
  downloads: z.array(download),
  /** A file that is to take the place of the present one: it is arriving, or cannot be taken. */
  replacement: z
    .object({
      /** Of the upload that brings it. */
      uploadId: z.string(),
      fileName: z.string(),
      sizeBytes: bytes,
      receivedBytes: bytes,
      failure: z.object({ code: z.string(), detail: z.string() }).nullable(),
    })
    .nullable(),
  /** The file that stood here before, and counts until then. */
  former: z
    .object({
      fileName: z.string(),
      sizeBytes: bytes,
      sha256: z.string().nullable(),
      keptUntil: timestamp,
    })
    .nullable(),
});
export type VideoDetails = z.infer<typeof videoDetails>;

/** One video as it lies on the disk, for an export. */
export const manifestVideo = video.extend({
  /** Names of its folders, from the top. */
  path: z.array(z.string()),
  originalUrl: z.string(),
  chapters: z.array(chapter),
  subtitles: z.array(subtitle),
});

export const libraryApi = {
  librarySummary: endpoint({
    method: 'GET',
    path: '/library',
    access: 'user',
    scope: 'videos:read',
    summary: 'Counts, tags and what the storage is used for',
    response: librarySummary,
  }),
  bulk: endpoint({
    method: 'POST',
    path: '/videos/bulk',
    access: 'user',
    scope: 'videos:write',
    summary: 'One change for many videos, with an answer for each',
    body: z.object({ ids: z.array(id).min(1).max(1000), action: bulkAction }),
    maxBody: 256 * 1024,
    response: bulkAnswer,
    problems: ['invalid_fields', 'not_found'],
  }),
  sameFile: endpoint({
    method: 'POST',
    path: '/videos/same',
    access: 'user',
    scope: 'videos:read',
    summary: 'Whether a file is here already: by its size first, then by its SHA-256',
    body: z.object({
      sizeBytes: bytes,
      sha256: z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .optional(),
    }),
    /** `video` is told only for a hash; `sameSize` says whether it is worth to compute one. */
    response: z.object({ sameSize: z.int().nonnegative(), video: video.nullable() }),
    problems: ['invalid_fields'],
  }),
  videoDetails: endpoint({
    method: 'GET',
    path: '/videos/:id/details',
    access: 'user',
    scope: 'videos:read',
    summary: 'Tracks, subtitles and chapters of a video',
    params: idParams,
    response: videoDetails,
    problems: ['not_found'],
  }),
  directRead: endpoint({
    method: 'POST',
    path: '/videos/:id/direct',
    access: 'user',
    scope: 'videos:read',
    summary:
      'A presigned request for some bytes of the original, at most 16 MiB, from the store where it lies; for the owner alone, good for a minute',
    params: idParams,
    body: z
      .object({ start: bytes, end: bytes })
      .refine(({ start, end }) => end > start && end - start <= 16 * 1024 * 1024, {
        message: 'from 1 byte to 16 MiB',
        path: ['end'],
      }),
    response: z.object({
      url: z.string(),
      /** To be sent as they are: without them the request is refused. */
      headers: z.record(z.string(), z.string()),
      expiresAt: timestamp,
    }),
    /** `format_not_offered`: it lies on the server's own disk. */
    problems: ['not_found', 'invalid_fields', 'not_playable_yet', 'format_not_offered', 'video_trashed'],
  }),
  putPosition: endpoint({
    method: 'PUT',
    path: '/videos/:id/position',
    access: 'user',
    scope: 'videos:write',
    summary: 'Where the owner has stopped watching; null when it was seen to the end',
    params: idParams,
    body: z.object({ at: seconds.nullable() }),
    problems: ['not_found', 'invalid_fields'],
  }),
  putChapters: endpoint({
    method: 'PUT',
    path: '/videos/:id/chapters',
    access: 'user',
    scope: 'videos:write',
    summary: 'The chapters of a video, all of them; in any order',
    params: idParams,
    body: z.object({ items: z.array(chapter).max(200) }),
    response: z.object({ items: z.array(chapter) }),
    problems: ['not_found', 'invalid_fields'],
  }),
  restoreFile: endpoint({
    method: 'POST',
    path: '/videos/:id/file/former/restore',
    access: 'user',
    scope: 'videos:write',
    summary: 'Put the file back that was replaced last; the present one is kept in its place',
    params: idParams,
    response: video,
    problems: ['not_found'],
  }),
  discardFormerFile: endpoint({
    method: 'DELETE',
    path: '/videos/:id/file/former',
    access: 'user',
    scope: 'videos:write',
    summary: 'Delete the file that was replaced last before its days are over',
    params: idParams,
    problems: ['not_found'],
  }),
  discardReplacement: endpoint({
    method: 'DELETE',
    path: '/videos/:id/file/replacement',
    access: 'user',
    scope: 'videos:write',
    summary: 'Give up a file that is arriving to replace the present one, or that cannot be taken',
    params: idParams,
    problems: ['not_found'],
  }),
  updateSubtitle: endpoint({
    method: 'PATCH',
    path: '/videos/:id/subtitles/:subtitleId',
    access: 'user',
    scope: 'videos:write',
    summary: 'Language and label of subtitles',
    params: idParams.extend({ subtitleId: id }),
    body: z.object({ language: subtitle.shape.language.optional(), label: subtitle.shape.label.optional() }),
    response: subtitle,
    problems: ['not_found', 'invalid_fields'],
  }),
  deleteSubtitle: endpoint({
    method: 'DELETE',
    path: '/videos/:id/subtitles/:subtitleId',
    access: 'user',
    scope: 'videos:write',
    summary: 'Take subtitles away',
    params: idParams.extend({ subtitleId: id }),
    problems: ['not_found'],
  }),
  listFolders: endpoint({
    method: 'GET',
    path: '/folders',
    access: 'user',
    scope: 'videos:read',
    summary: 'All folders, by name',
    response: z.object({ items: z.array(folder) }),
  }),
  createFolder: endpoint({
    method: 'POST',
    path: '/folders',
    access: 'user',
    scope: 'videos:write',
    summary: 'A new folder',
    body: z.object({ name, parentId: place.default(null) }),
    status: 201,
    response: folder,
    problems: ['name_taken', 'not_found', 'invalid_fields', 'limit_reached'],
  }),
  ensureFolders: endpoint({
    method: 'POST',
    path: '/folders/paths',
    access: 'user',
    scope: 'videos:write',
    summary: 'Folders by their paths; those that are missing are made',
    body: z.object({
      parentId: place.default(null),
      paths: z.array(z.array(name).min(1).max(20)).min(1).max(500),
    }),
    maxBody: 1024 * 1024,
    /** In the order of the paths. */
    response: z.object({ folderIds: z.array(z.string()) }),
    problems: ['not_found', 'invalid_fields', 'limit_reached'],
  }),
  updateFolder: endpoint({
    method: 'PATCH',
    path: '/folders/:id',
    access: 'user',
    scope: 'videos:write',
    summary: 'Rename a folder, or move it with all that is in it',
    params: idParams,
    body: z.object({ name: name.optional(), parentId: place.optional() }),
    response: folder,
    problems: ['name_taken', 'not_found', 'conflict', 'invalid_fields'],
  }),
  deleteFolder: endpoint({
    method: 'DELETE',
    path: '/folders/:id',
    access: 'user',
    scope: 'videos:write',
    summary: 'Put a folder into the trash, with all that is in it',
    params: idParams,
    status: 200,
    response: z.object({ videoIds: z.array(z.string()) }),
    problems: ['not_found'],
  }),
  listTrashedFolders: endpoint({
    method: 'GET',
    path: '/trash/folders',
    access: 'user',
    scope: 'videos:read',
    summary: 'Folders that were put into the trash, the last one first',
    response: z.object({ items: z.array(trashedFolder) }),
  }),
  restoreFolder: endpoint({
    method: 'POST',
    path: '/folders/:id/restore',
    access: 'user',
    scope: 'videos:write',
    summary: 'Take a folder out of the trash, with what was put there with it',
    params: idParams,
    response: folder,
    problems: ['not_found'],
  }),
  emptyTrash: endpoint({
    method: 'DELETE',
    path: '/trash',
    access: 'user',
    scope: 'videos:write',
    summary: 'Delete for good what lies in the trash',
    status: 200,
    response: z.object({ deleted: z.int().nonnegative() }),
  }),
  manifest: endpoint({
    method: 'GET',
    path: '/manifest',
    access: 'user',
    scope: 'videos:read',
    summary: 'All videos with their places, for an export of everything as it is on disk',
    query: z.object({
      cursor: z.string().max(400).optional(),
      limit: z.coerce.number().int().min(1).max(500).default(200),
    }),
    response: page(manifestVideo),
  }),
} as const;
