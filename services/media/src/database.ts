import {
  type Migrations,
  type OutboxTables,
  openDatabase,
  outboxHeadMigration,
  outboxMigration,
} from '@ptsdly/db';
import { type Kysely, sql } from 'kysely';
import type { JobRow } from './jobs/job-row.ts';
import { filesMigration, libraryMigration } from './library/migration.ts';
import type { LoudnessRow, RenditionRow, WindowRow, WishRow } from './renditions/rows.ts';

export interface VideoRow {
  id: string;
  title: string;
  file_name: string;
  file_type: string;
  /** Bytes announced, and so reserved from the first moment. */
  size_bytes: number;
  upload: 'receiving' | 'complete';
  sha256: string | null;
  playable: number;
  processing: 'none' | 'queued' | 'running';
  failure_code: string | null;
  failure_detail: string | null;
  duration: number | null;
  width: number | null;
  height: number | null;
  /** Who made it; see `Posters`. */
  poster: 'early' | 'browser' | 'server' | 'owner' | null;
  /** Names the movie header that the index was made of; null while there is no index, or an older one. */
  movie: string | null;
  /** Bytes of the object that is played in place of the original; null where the original itself is. */
  media_size: number | null;
  /** The upload has not told its length yet: `size_bytes` is what has come, and grows. */
  deferred: number;
  /** Under which the file of this video, its index and what is played in its place stand in the storage. */
  file_id: string;
  /** The video that this is another file of: one that is to take its place, or stood there before. Else empty. */
  replaces: string;
  /** When a file that stood in a video before is deleted. */
  kept_until: string | null;
  /** Grows with every poster, so that its URL changes. */
  poster_version: number;
  /** Grows with every storyboard; 0 while there is none. */
  storyboard_version: number;
  created_at: string;
  description: string;
  /** Empty at the top. */
  folder_id: string;
  /** JSON; `video_tags` has them once more, to be searched. */
  tags: string;
  favorite: number;
  trashed_at: string | null;
  /** The folder with which it was put into the trash; empty where it was by itself. */
  trashed_with: string;
  /** Seconds. */
  resume_at: number | null;
  played_at: string | null;
  /** Sorts as people sort titles. */
  title_key: string;
  /** Normalised; what a search looks through. */
  search_text: string;
  /** Container by the name of the file: `mp4`, `mkv`, … */
  kind: string;
}

export interface FolderRow {
  id: string;
  /** Empty at the top. */
  parent_id: string;
  name: string;
  /** Unique among its siblings: the normalised name, or its own id while it lies in the trash. */
  slot: string;
  trashed_at: string | null;
  /** The folder that was put into the trash, which may be this one; empty while it is not there. */
  trashed_with: string;
  created_at: string;
}

export interface SubtitleRow {
  id: string;
  video_id: string;
  language: string;
  label: string;
  format: 'vtt' | 'srt' | 'ass' | 'smi';
  cues: number;
  /** Normalised words of all cues. */
  search_text: string;
  vtt: string;
  created_at: string;
}

/** A file that is being fetched from another server, until it is complete. */
export interface ImportRow {
  video_id: string;
  url: string;
  /** Names the content, so that a second part is of the same. */
  validator: string | null;
}

export interface MediaTables extends OutboxTables {
  videos: VideoRow;
  imports: ImportRow;
  /** The newest epoch that the links feed told of each link. */
  link_epochs: { link_id: string; epoch: number; revoked: number; changed_at: string };
  /** Sessions of the owner that have been signed out. */
  ended_sessions: { sid: string; ended_at: string };
  /** Grants that have been used, until they expire by themselves. */
  redeemed_grants: { jti: string; expires_at: string };
  settings: { name: string; value: string };
  jobs: JobRow;
  renditions: RenditionRow;
  rendition_windows: WindowRow;
  loudness: LoudnessRow;
  /** Videos for which it was decided what is needed, and by which version of `needs`. */
  job_plans: { video: string; version: number };
  /** Sizes that viewers would rather have, until they are planned. */
  wishes: WishRow;
  folders: FolderRow;
  video_tags: { video_id: string; tag_key: string; name: string };
  subtitles: SubtitleRow;
  chapters: { video_id: string; position: number; start_at: number; title: string };
}

export type MediaDatabase = Kysely<MediaTables>;

export const migrations: Migrations = {
  '2026-11-outbox': outboxMigration,
  '2026-11-videos': {
    async up(db) {
      await sql`create table videos (
        id varchar(64) primary key, title varchar(200) not null, file_name varchar(300) not null,
        file_type varchar(100) not null, size_bytes bigint not null, upload varchar(20) not null,
        sha256 varchar(64), playable smallint not null, processing varchar(20) not null,
        failure_code varchar(60), failure_detail varchar(500), duration double precision, width integer,
        height integer, poster varchar(20), poster_version integer not null, created_at varchar(30) not null
      )`.execute(db);
      await sql`create table settings (name varchar(60) primary key, value text not null)`.execute(db);
    },
  },
  '2026-11-rights': {
    async up(db) {
      await sql`create table link_epochs (link_id varchar(64) primary key, epoch integer not null,
        revoked smallint not null, changed_at varchar(30) not null)`.execute(db);
      await sql`create table ended_sessions (sid varchar(100) primary key, ended_at varchar(30) not null)`.execute(
        db,
      );
      await sql`create table redeemed_grants (jti varchar(100) primary key, expires_at varchar(30) not null)`.execute(
        db,
      );
    },
  },
  '2026-12-movie': {
    async up(db) {
      await sql`alter table videos add column movie varchar(32)`.execute(db);
    },
  },
  '2027-01-jobs-queue': {
    async up(db) {
      await sql`create table jobs (
        id varchar(64) primary key, video varchar(64) not null, kind varchar(30) not null,
        params varchar(200) not null, state varchar(20) not null, priority integer not null,
        attempts integer not null, progress double precision not null, failure_code varchar(60),
        failure_detail varchar(500), due_at varchar(30) not null, created_at varchar(30) not null,
        unique (video, kind, params)
      )`.execute(db);
      await sql`create index jobs_state on jobs (state)`.execute(db);
    },
  },
  '2027-01-storage-imports': {
    async up(db) {
      await sql`alter table videos add column deferred smallint not null default 0`.execute(db);
      await sql`create table imports (video_id varchar(64) primary key, url text not null,
        validator varchar(300))`.execute(db);
    },
  },
  '2027-01-jobs-renditions': {
    async up(db) {
      await sql`create table renditions (
        video varchar(64) not null, name varchar(20) not null, kind varchar(10) not null, width integer not null,
        height integer not null, bit_rate bigint not null, grid varchar(32) not null, state varchar(20) not null,
        size_bytes bigint not null, created_at varchar(30) not null, primary key (video, name)
      )`.execute(db);
      await sql`create table rendition_windows (
        video varchar(64) not null, rendition varchar(20) not null, from_segment integer not null,
        to_segment integer not null, size_bytes bigint not null, sha256 varchar(64) not null,
        primary key (video, rendition, from_segment)
      )`.execute(db);
      await sql`create table loudness (video varchar(64) primary key, integrated double precision not null,
        peak double precision not null)`.execute(db);
      await sql`create table job_plans (video varchar(64) primary key, version integer not null)`.execute(db);
    },
  },
  '2027-01-jobs-import': {
    async up(db) {
      await sql`alter table videos add column media_size bigint`.execute(db);
    },
  },
  '2027-01-library-places': libraryMigration,
  '2027-01-preview-storyboards': {
    async up(db) {
      await sql`alter table videos add column storyboard_version integer not null default 0`.execute(db);
    },
  },
  '2027-02-databases-outbox-head': outboxHeadMigration,
  '2027-02-library-files': filesMigration,
  '2027-03-engine-wishes': {
    async up(db) {
      await sql`create table wishes (video varchar(64) not null, rung integer not null,
        session varchar(64) not null, segments integer not null, seen_at varchar(30) not null,
        primary key (video, rung, session))`.execute(db);
    },
  },
};

export const openMediaDatabase = (url: string): Promise<MediaDatabase> => openDatabase(url, migrations);
