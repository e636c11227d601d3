import { type GrantClaims, grantClaims, type JobKindName, type PlayAnswer, Problem } from '@ptsdly/contract';
import type { Caller, TokenVerifier } from '@ptsdly/kit';
import type { MediaIndex } from '@ptsdly/packager';
import type { VideoRow } from '../database.ts';
import type { Allowance } from '../host/allowance.ts';
import type { News } from '../host/news.ts';
import { readChapters } from '../library/chapters.ts';
import type { Library } from '../library/library.ts';
import type { Trash } from '../library/trash.ts';
import type { Background } from '../renditions/background.ts';
import { sizesOf } from '../renditions/rendition-download.ts';
import type { RenditionRow } from '../renditions/rows.ts';
import type { Subtitles } from '../subtitles/subtitles.ts';
import type { ArrivalNews } from '../uploads/arrival-news.ts';
import type { Arrivals } from '../uploads/arrivals.ts';
import type { Ingest } from '../uploads/ingest.ts';
import { hasPlainFile, isSlow, type Packaged } from './packaged.ts';
import type { Presentations } from './presentations.ts';
import { programmeOf } from './programme.ts';
import type { Rights } from './rights.ts';
import type { PlaySession, SessionTokens } from './session-token.ts';

const SESSION_MS = 6 * 3_600_000;
/** A viewer who comes while the index is being made waits this long for it. */
const INDEX_PATIENCE_MS = 2000;

/** The jobs that make what a session may lack. */
const MAKERS = { video: 'rendition', audio: 'audio' } as const;

export interface PlaybackOptions {
  readonly audience: string;
  /** URL of this server. */
  readonly url: string;
  readonly library: Library;
  readonly ingest: Ingest;
  readonly presentations: Presentations;
  readonly arrivals: Arrivals;
  readonly rights: Rights;
  readonly allowance: Allowance;
  readonly news: News;
  readonly trash: Pick<Trash, 'has'>;
  readonly subtitles: Subtitles;
  readonly tokens: SessionTokens;
  readonly background: Pick<Background, 'renditions' | 'loudness'>;
  /** Whether a job of this kind waits or runs for a video. */
  readonly isMaking: (id: string, kind: JobKindName) => boolean;
  /** Verifies what links has signed. */
  readonly grants: TokenVerifier;
}

/** What an opener may do, before it becomes a session. */
type Right = Pick<PlaySession, 'link' | 'sid' | 'download' | 'expiresAt'> & {
  readonly startAt: number | null;
  readonly endAt: number | null;
};

/** Makes play sessions of the owner's token or of a grant, and finds what a session may see. */
export class Playback {
  readonly #options: PlaybackOptions;

  constructor(options: PlaybackOptions) {
    this.#options = options;
  }

  /** Rejects with `not_found`, `not_playable_yet`, `not_playable` or `video_trashed`. */
  async openOwn(id: string, caller: Caller): Promise<PlayAnswer> {
    await this.#admit();
    const row = await this.#playable(id, new Problem('not_found'));
    const expiresAt = Date.now() + SESSION_MS;
    const right = { link: null, sid: caller.sid, download: true, expiresAt, startAt: null, endAt: null };
    return this.#answer(row, right);
  }

  /**
   * Redeems a grant (DESIGN §5), once. Rejects with `grant_invalid` (forged, used, over, for no video of ours),
   * `session_ended` (the link was revoked or has ended), `not_playable_yet` (the grant stays good), `not_playable`, or
   * what the plan does not allow: `subscription_ended`, `transfer_used_up`, `too_many_viewers` (it stays good too).
   * `unavailable` while this server has no news of links; the grant stays good.
   */
  async openGrant(grant: string): Promise<PlayAnswer> {
    await this.#admit();
    const { rights, allowance } = this.#options;
    const { claims, expiresAt } = await this.#verify(grant);
    await this.#options.news.links.hold();
    const linkEnd = claims.linkExp === null ? Number.POSITIVE_INFINITY : claims.linkExp * 1000;
    if (rights.isLinkDead(claims.linkId, claims.epoch) || linkEnd <= Date.now()) {
      throw new Problem('session_ended');
    }
    allowance.admit();
    const row = await this.#playable(claims.videoId, new Problem('grant_invalid'), claims.startAt ?? 0);
    if (!(await rights.redeem(claims.jti, expiresAt))) throw new Problem('grant_invalid');
    return this.#answer(row, {
      link: { id: claims.linkId, epoch: claims.epoch },
      sid: null,
      download: claims.allowDownload,
      expiresAt: Math.min(Date.now() + SESSION_MS, linkEnd),
      startAt: claims.startAt,
      endAt: claims.endAt,
    });
  }

  /** The session in a token. Rejects with `session_invalid`, `session_ended`, `video_trashed` or `unavailable`. */
  async session(token: string): Promise<PlaySession> {
    await this.#admit();
    const session = this.#options.tokens.read(token);
    if (session.link) await this.#options.news.links.hold();
    if (this.#options.trash.has(session.videoId)) throw new Problem('video_trashed');
    if (this.#options.rights.endOf(session)) throw new Problem('session_ended');
    this.#options.allowance.see(session);
    return session;
  }

  /** Its page listens no more. */
  left(session: PlaySession): void {
    this.#options.allowance.left(session);
  }

  /** The video of a session. Rejects with `session_ended` when it has been deleted. */
  async video(session: PlaySession): Promise<VideoRow> {
    const row = await this.#options.library.find(session.videoId);
    if (!row) throw new Problem('session_ended');
    return row;
  }

  /**
   * What a session plays; from memory without a look at the database. Rejects with `session_ended` when the
   * whole file turned out to have another movie header than the one it was opened with, or has been replaced.
   */
  async packaged(session: PlaySession): Promise<Packaged> {
    const { presentations, arrivals } = this.#options;
    const known = arrivals.known(session.videoId) ?? presentations.known(session.videoId);
    const packaged = await (known ?? this.#unknown(session));
    if (session.file !== packaged.file || isOther(session, packaged)) throw new Problem('session_ended');
    return packaged;
  }

  /** Tells a session that began while its video arrived what becomes of it. Returns how to stop. */
  watch(session: PlaySession, listener: (news: ArrivalNews) => void): () => void {
    if (session.movie === null) return () => undefined;
    return this.#options.arrivals.watch(session.videoId, listener);
  }

  async #unknown(session: PlaySession): Promise<Packaged> {
    const row = await this.#settled(await this.video(session));
    if (row.upload !== 'receiving' && isOther(session, row)) throw new Problem('session_ended');
    return this.#package(row);
  }

  async #admit(): Promise<void> {
    await this.#options.news.whenCurrent();
    if (this.#options.rights.suspended) throw new Problem('server_not_ready', { retryAfter: 30 });
  }

  /** A presentation; an index file that is gone or damaged is made again. */
  async #package(row: VideoRow): Promise<Packaged> {
    const { presentations, ingest, arrivals } = this.#options;
    const arriving = isUnsettled(row) ? await arrivals.find(row) : undefined;
    if (arriving) return arriving;
    if (row.upload === 'receiving') throw new Problem('not_playable_yet', { retryAfter: 1 });
    try {
      return await presentations.get(row);
    } catch (error) {
      if (error instanceof Problem) throw error;
      ingest.reindex(row.id);
      await ingest.indexed(row.id);
      return presentations.get(await this.#options.library.require(row.id));
    }
  }

  /** A video of which what stands at `from` (seconds) can be played. */
  async #playable(id: string, missing: Problem, from = 0): Promise<VideoRow> {
    const { library, arrivals } = this.#options;
    const found = await library.find(id);
    if (!found) throw missing;
    if (found.trashed_at !== null) throw new Problem('video_trashed');
    const row = await this.#settled(found);
    if (row.playable) return row;
    if (isUnsettled(row) && (await arrivals.find(row))) {
      if ((arrivals.playableUntil(id) ?? 0) > from) return row;
    }
    if (row.failure_code !== null) throw new Problem('not_playable', { detail: row.failure_detail ?? '' });
    throw new Problem('not_playable_yet', { retryAfter: 1 });
  }

  /** The row as it is when its index has been made, if that does not take long. */
  async #settled(row: VideoRow): Promise<VideoRow> {
    const { library, ingest, arrivals } = this.#options;
    if (row.upload === 'receiving' || row.processing === 'none') return row;
    if (arrivals.known(row.id)) return row; // it plays from the index that was made while it arrived
    await within(INDEX_PATIENCE_MS, ingest.indexed(row.id));
    return (await library.find(row.id)) ?? row;
  }

  async #verify(grant: string): Promise<{ claims: GrantClaims; expiresAt: Date }> {
    const { grants, audience } = this.#options;
    const payload = await grants.verify(grant, audience).catch((cause: unknown) => {
      const refused = cause instanceof Problem && cause.code === 'unauthenticated';
      throw refused ? new Problem('grant_invalid', { cause }) : cause;
    });
    const claims = grantClaims.safeParse(payload);
    if (!claims.success || payload.exp === undefined) throw new Problem('grant_invalid');
    // a little longer than the grant itself, by the tolerance with which its end is read
    return { claims: claims.data, expiresAt: new Date((payload.exp + 60) * 1000) };
  }

  /** Throws for a video of which nothing can be played as it is. */
  #refuse(row: VideoRow): never {
    const isComing = Object.values(MAKERS).some((kind) => this.#options.isMaking(row.id, kind));
    if (isComing) throw new Problem('not_playable_yet', { retryAfter: 2 });
    throw new Problem('not_playable', row.failure_detail ? { detail: row.failure_detail } : {});
  }

  /** Renditions of a video, without sound that nobody is going to make: the picture would wait for it. */
  async #offered(id: string, index: MediaIndex): Promise<RenditionRow[]> {
    const rows = await this.#options.background.renditions.of(id, index);
    const isComing = this.#options.isMaking(id, 'audio');
    return rows.filter(({ kind, state }) => kind === 'video' || state === 'ready' || isComing);
  }

  async #answer(row: VideoRow, right: Right): Promise<PlayAnswer> {
    const { link, sid, download, expiresAt, startAt, endAt } = right;
    const packaged = await this.#package(row);
    const { presentation, movie, file, arrived, index } = packaged;
    const rows = arrived ? [] : await this.#offered(row.id, index);
    const programme = programmeOf(packaged, rows);
    if (programme.tracks.length === 0) this.#refuse(row);
    const { renditions, tracks, pending } = programme;
    const claims = { videoId: row.id, link, sid, download, expiresAt, renditions };
    const session = this.#options.tokens.sign({ ...claims, movie: arrived ? movie : null, file });
    const adaptive = tracks.some(
      ({ kind, isOriginal, isReady }) => kind === 'video' && !isOriginal && isReady,
    );
    const slow = isSlow(packaged) && !adaptive;
    const plain = slow || (hasPlainFile(packaged) && presentation.rotation !== 0);
    const base = `${this.#options.url}/s/${session}`;
    const { library, subtitles, background } = this.#options;
    const { duration } = presentation;
    // set by hand for a file that has been replaced, they may lie behind the end of this one
    const chapters = (await readChapters(library.db, row.id)).filter(({ startAt }) => startAt < duration);
    return {
      session,
      expiresAt: new Date(expiresAt).toISOString(),
      title: row.title,
      duration,
      width: row.width,
      height: row.height,
      playableUntil: arrived ? this.#options.arrivals.playableUntil(row.id) : null,
      hlsUrl: `${base}/master.m3u8`,
      progressiveUrl: plain ? `${base}/video.mp4` : null,
      prefer: slow ? 'progressive' : 'hls',
      posterUrl: row.poster ? `${base}/poster.jpg` : null,
      storyboardUrl: packaged.picture ? `${base}/storyboard/list.vtt` : null,
      eventsUrl: `${base}/events`,
      downloadUrl: download ? `${base}/download` : null,
      downloads: download
        ? sizesOf(packaged, rows).map((size) => ({ ...size, url: `${base}/download/${size.name}` }))
        : [],
      tracks: [...tracks],
      pending: pending.filter((kind) => this.#options.isMaking(row.id, MAKERS[kind])),
      loudness: await background.loudness(row.id),
      subtitles: await subtitles.list(row.id, ({ id }) => `${base}/subtitles/${id}.vtt`),
      chapters: chapters.length > 0 ? chapters : [...(await packaged.chapters())],
      startAt,
      endAt,
      resumeAt: link || (row.resume_at ?? 0) >= duration ? null : row.resume_at,
    };
  }
}

/** A session that began while its video arrived plays nothing but what it began with. */
function isOther({ movie }: PlaySession, now: { readonly movie: string | null }): boolean {
  return movie !== null && movie !== now.movie;
}

function within(ms: number, work: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(resolve, ms);
    void work.finally(() => {
      clearTimeout(late);
      resolve();
    });
  });
}

/** A video whose whole file has not been indexed yet: it is arriving, or has just come. */
const isUnsettled = (row: VideoRow) =>
  row.upload === 'receiving' || (row.playable === 0 && row.processing !== 'none');
