import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { kindOf, searchText, titleKey } from './wording.ts';

/** What the library knew of a video before it had folders. */
interface Before {
  readonly videos: { id: string; title: string; file_name: string } & Record<
    'title_key' | 'search_text' | 'kind',
    string
  >;
}

const columns = [
  `description text not null default ''`,
  `folder_id varchar(64) not null default ''`,
  `tags text not null default '[]'`,
  `favorite smallint not null default 0`,
  'trashed_at varchar(30)',
  `trashed_with varchar(64) not null default ''`,
  'resume_at double precision',
  'played_at varchar(30)',
  `title_key varchar(400) not null default ''`,
  `search_text text not null default ''`,
  `kind varchar(10) not null default 'other'`,
];

/** Folders, tags, trash, subtitles, chapters, and the columns that sort and search. */
export const libraryMigration: Migration = {
  async up(db) {
    for (const column of columns) await sql.raw(`alter table videos add column ${column}`).execute(db);
    await sql`create table folders (id varchar(64) primary key, parent_id varchar(64) not null,
      name varchar(120) not null, slot varchar(300) not null, trashed_at varchar(30),
      trashed_with varchar(64) not null, created_at varchar(30) not null)`.execute(db);
    await sql`create table video_tags (video_id varchar(64) not null, tag_key varchar(100) not null,
      name varchar(50) not null, primary key (video_id, tag_key))`.execute(db);
    await sql`create table subtitles (id varchar(64) primary key, video_id varchar(64) not null,
      language varchar(50) not null, label varchar(100) not null, format varchar(10) not null,
      cues integer not null, search_text mediumtext not null, vtt mediumtext not null,
      created_at varchar(30) not null)`.execute(db);
    await sql`create table chapters (video_id varchar(64) not null, position integer not null,
      start_at double precision not null, title varchar(200) not null, primary key (video_id, position))`.execute(
      db,
    );
    for (const [table, index] of indexes) {
      const name = `${table}_${index.replace(/\W+/g, '_')}`;
      await sql
        .raw(`create ${table === 'folders' ? 'unique ' : ''}index ${name} on ${table} (${index})`)
        .execute(db);
    }
    await fillIn(db as unknown as Kysely<Before>);
  },
};

/** A video's file may be replaced: another row, which is not shown, has the one that comes or the one that was. */
export const filesMigration: Migration = {
  async up(db) {
    await sql`alter table videos add column file_id varchar(64) not null default ''`.execute(db);
    await sql`alter table videos add column replaces varchar(64) not null default ''`.execute(db);
    await sql`alter table videos add column kept_until varchar(30)`.execute(db);
    await sql`update videos set file_id = id`.execute(db);
    await sql`create index videos_file_id on videos (file_id)`.execute(db);
    await sql`create index videos_replaces on videos (replaces)`.execute(db);
  },
};

const indexes = [
  ['folders', 'parent_id, slot'],
  ['videos', 'folder_id'],
  ['videos', 'trashed_at'],
  ['videos', 'size_bytes'],
  ['video_tags', 'tag_key'],
  ['subtitles', 'video_id'],
] as const;

async function fillIn(db: Kysely<Before>): Promise<void> {
  for (const { id, title, file_name } of await db
    .selectFrom('videos')
    .select(['id', 'title', 'file_name'])
    .execute()) {
    const found = searchText({ title, description: '', fileName: file_name, tags: [] });
    const keys = { title_key: titleKey(title), search_text: found, kind: kindOf(file_name) };
    await db.updateTable('videos').set(keys).where('id', '=', id).execute();
  }
}
