import { type GrantClaims, grantClaims, type PlayAnswer, Problem } from '@ptsdly/contract';
import type { Caller, TokenVerifier } from '@ptsdly/kit';
import type { VideoRow } from './database.ts';
import type { Ingest } from './ingest.ts';
import type { Library } from './library.ts';
import type { News } from './news.ts';
import type { Packaged, Presentations } from './presentations.ts';
import type { Rights } from './rights.ts';
import type { PlaySession, SessionTokens } from './session-token.ts';

const SESSION_MS = 6 * 3_600_000;
/** A viewer who comes while the index is being made waits this long for it. */
const INDEX_PATIENCE_MS = 2000;

export interface PlaybackOptions {
  readonly audience: string;
  /** URL of this server. */
  readonly url: string;
  readonly library: Library;
  readonly ingest: Ingest;
  readonly presentations: Presentations;
  readonly rights: Rights;
  readonly news: News;
  readonly tokens: SessionTokens;
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

  /** Rejects with `not_found`, `not_playable_yet` or `not_playable`. */
  async openOwn(id: string, caller: Caller): Promise<PlayAnswer> {
    await this.#admit();
    const row = await this.#playable(id, new Problem('not_found'));
    const expiresAt = Date.now() + SESSION_MS;
    const right = { link: null, sid: caller.sid, download: true, expiresAt, startAt: null, endAt: null };
    return this.#answer(row, right);
  }

  /**
   * Redeems a grant (DESIGN §5), once. Rejects with `grant_invalid` (forged, used, over, for no video of ours),
   * `session_ended` (the link was revoked or has ended), `not_playable_yet` (the grant stays good) or
   * `not_playable`.
   */
  async openGrant(grant: string): Promise<PlayAnswer> {
    await this.#admit();
    const { rights } = this.#options;
    const { claims, expiresAt } = await this.#verify(grant);
    const linkEnd = claims.linkExp === null ? Number.POSITIVE_INFINITY : claims.linkExp * 1000;
    if (rights.isLinkDead(claims.linkId, claims.epoch) || linkEnd <= Date.now()) {
      throw new Problem('session_ended');
    }
    const row = await this.#playable(claims.videoId, new Problem('grant_invalid'));
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

  /** The session in a token. Rejects with `session_invalid`, `session_ended` or `unavailable`. */
  async session(token: string): Promise<PlaySession> {
    await this.#admit();
    const session = this.#options.tokens.read(token);
    if (this.#options.rights.endOf(session)) throw new Problem('session_ended');
    return session;
  }

  /** The video of a session. Rejects with `session_ended` when it has been deleted. */
  async video(session: PlaySession): Promise<VideoRow> {
    const row = await this.#options.library.find(session.videoId);
    if (!row) throw new Problem('session_ended');
    return row;
  }

  /** What a session plays; from memory without a look at the database. */
  async packaged(session: PlaySession): Promise<Packaged> {
    const { presentations } = this.#options;
    const known = presentations.known(session.videoId);
    return known ?? this.#package(await this.video(session));
  }

  async #admit(): Promise<void> {
    await this.#options.news.whenCurrent();
    if (this.#options.rights.suspended) throw new Problem('server_not_ready', { retryAfter: 30 });
  }

  /** A presentation; an index file that is gone or damaged is made again. */
  async #package(row: VideoRow): Promise<Packaged> {
    const { presentations, ingest } = this.#options;
    try {
      return await presentations.get(row);
    } catch (error) {
      if (error instanceof Problem) throw error;
      ingest.reindex(row.id);
      await ingest.indexed(row.id);
      return presentations.get(await this.#options.library.require(row.id));
    }
  }

  async #playable(id: string, missing: Problem): Promise<VideoRow> {
    const { library, ingest } = this.#options;
    let row = await library.find(id);
    if (!row) throw missing;
    if (row.upload === 'complete' && row.processing !== 'none') {
      await within(INDEX_PATIENCE_MS, ingest.indexed(id));
      row = await library.find(id);
      if (!row) throw missing;
    }
    if (row.playable) return row;
    if (row.failure_code !== null) throw new Problem('not_playable', { detail: row.failure_detail ?? '' });
    throw new Problem('not_playable_yet', { retryAfter: 1 });
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

  async #answer(row: VideoRow, right: Right): Promise<PlayAnswer> {
    const { link, sid, download, expiresAt, startAt, endAt } = right;
    const { presentation } = await this.#package(row);
    const session = this.#options.tokens.sign({ videoId: row.id, link, sid, download, expiresAt });
    const base = `${this.#options.url}/s/${session}`;
    return {
      session,
      expiresAt: new Date(expiresAt).toISOString(),
      title: row.title,
      duration: presentation.duration,
      width: row.width,
      height: row.height,
      hlsUrl: `${base}/master.m3u8`,
      progressiveUrl: null,
      posterUrl: row.poster ? `${base}/poster.jpg` : null,
      storyboardUrl: null,
      eventsUrl: `${base}/events`,
      downloadUrl: download ? `${base}/download` : null,
      tracks: presentation.tracks.map((track) => ({
        id: track.id,
        kind: track.kind,
        codec: track.codec,
        language: track.language ?? null,
      })),
      startAt,
      endAt,
    };
  }
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
