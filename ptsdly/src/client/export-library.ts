import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CallOutput, type libraryApi, Problem } from '@ptsdly/contract';
import type { Account } from './account.ts';
import { type Progress, readable } from './progress.ts';
import { wordsFor } from './words.ts';

type Exported = CallOutput<typeof libraryApi.manifest>['items'][number];

export interface ExportOptions {
  readonly account: Account;
  readonly folder: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

const RETRY_MS = [200, 1000, 3000, 10_000, 30_000];

/**
 * Downloads all originals into a folder, in the folders of the library, with the manifest as `library.json`.
 * Resolves to false when some could not be fetched.
 */
export async function exportLibrary(options: ExportOptions): Promise<boolean> {
  const { account, folder, progress, signal } = options;
  const videos = await manifestOf(account);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'library.json'), `${JSON.stringify(videos, null, 2)}\n`);
  let failures = 0;
  for (const [video, place] of placesOf(videos)) {
    signal.throwIfAborted();
    progress.begin(place);
    try {
      if (video.upload !== 'complete') throw new Error('it has not arrived completely');
      progress.end(await fetchOne(video, join(folder, place), options));
    } catch (error) {
      signal.throwIfAborted();
      failures++;
      progress.end('failed');
      console.error(`${place}: ${wordsFor(error)}`);
    }
  }
  return failures === 0;
}

async function manifestOf({ media }: Account): Promise<Exported[]> {
  const videos: Exported[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await media.manifest({ query: { cursor } });
    videos.push(...page.items);
    if (page.nextCursor === null) return videos;
    cursor = page.nextCursor;
  }
}

/** A path for each, below the folder whatever names say, and each only once. */
export function placesOf(videos: readonly Exported[]): Map<Exported, string> {
  const taken = new Set(['library.json']);
  const places = new Map<Exported, string>();
  for (const video of videos) {
    const parents = video.path.map(safeName);
    const name = safeName(video.fileName);
    const [, stem = name, end = ''] = /^(.+?)(\.[^.]+)?$/.exec(name) ?? [];
    let place = join(...parents, name);
    // file systems that do not tell upper from lower case are common
    for (let n = 2; taken.has(place.toLowerCase()); n++) place = join(...parents, `${stem} (${n})${end}`);
    taken.add(place.toLowerCase());
    places.set(video, place);
  }
  return places;
}

/** What every file system takes as one name. */
function safeName(name: string): string {
  const safe = name
    .replace(/[/\\:*?"<>|\p{Cc}]/gu, '_')
    .replace(/^\.+|[. ]+$/g, '_')
    .slice(0, 200);
  return safe || '_';
}

async function fetchOne(video: Exported, path: string, options: ExportOptions): Promise<string> {
  const there = await stat(path).catch(() => undefined);
  if (there?.size === video.sizeBytes && (await isSame(path, video))) return 'is here already';
  await mkdir(dirname(path), { recursive: true });
  const part = `${path}.part`;
  await download(video, part, options);
  if (!(await isSame(part, video))) {
    await rename(part, `${path}.damaged`);
    throw new Error('what came is not what was uploaded; it lies beside as .damaged');
  }
  await rename(part, path);
  return `${readable(video.sizeBytes)} downloaded`;
}

/** From where an earlier run has stopped; what breaks off is asked for again as long as something comes. */
async function download(video: Exported, part: string, options: ExportOptions): Promise<void> {
  for (let fruitless = 0; ; fruitless++) {
    const before = (await stat(part).catch(() => undefined))?.size ?? 0;
    if (before === video.sizeBytes) return;
    try {
      await downloadOnce(video, part, before > video.sizeBytes ? 0 : before, options);
    } catch (error) {
      options.signal.throwIfAborted();
      const after = (await stat(part).catch(() => undefined))?.size ?? 0;
      if (after > before) fruitless = 0;
      const final = error instanceof Problem && error.status < 500;
      if (final || fruitless === RETRY_MS.length) throw error;
      await sleep(RETRY_MS[fruitless], undefined, { signal: options.signal });
    }
  }
}

async function downloadOnce(
  video: Exported,
  part: string,
  from: number,
  { account, progress, signal }: ExportOptions,
): Promise<void> {
  const headers = { ...(await account.authorize()), ...(from > 0 && { range: `bytes=${from}-` }) };
  const response = await fetch(new URL(video.originalUrl, account.origin), { headers, signal });
  if (response.status >= 300 || !response.body) throw await Problem.fromResponse(response);
  let done = response.status === 206 ? from : 0;
  const body = Readable.fromWeb(response.body as ReadableStream);
  body.on('data', (chunk: Buffer) => {
    done += chunk.length;
    progress.show(done, video.sizeBytes);
  });
  await pipeline(body, createWriteStream(part, { flags: response.status === 206 ? 'a' : 'w' }));
}

async function isSame(path: string, { sha256 }: Exported): Promise<boolean> {
  if (sha256 === null) return true; // it is too new to have one
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }))
    hash.update(chunk as Buffer);
  return hash.digest('hex') === sha256;
}
