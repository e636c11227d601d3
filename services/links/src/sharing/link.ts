import { type Link, type LinkState, Problem, type ProblemCode } from '@ptsdly/contract';
import type { Alias } from '../codes/alias.ts';

/** Why a link has ended for good. */
export type End = 'revoked' | 'taken_down';

/** The limits of a link, checked at the moment of opening. Times are milliseconds since 1970, positions seconds. */
export interface Limits {
  readonly opensAt: number | null;
  readonly expiresAt: number | null;
  readonly maxViews: number | null;
  /** scrypt, see `password.ts`. */
  readonly password: string | null;
  readonly startAt: number | null;
  readonly endAt: number | null;
  readonly speed: number | null;
  readonly allowDownload: boolean;
  /** Sites that may frame the player; null is any. */
  readonly embedOrigins: readonly string[] | null;
  readonly recipient: string | null;
  readonly label: string | null;
}

export interface LinkRecord extends Limits {
  readonly id: string;
  readonly code: string;
  readonly alias?: Alias | null;
  readonly ownerId: string;
  readonly serverId: string;
  readonly slug: string;
  readonly videoId: string;
  readonly views: number;
  readonly createdAt: number;
  readonly lastOpenedAt: number | null;
  /** Grants and play sessions of a lower epoch are dead. */
  readonly epoch: number;
  readonly end: End | null;
  /** The newest entry of the audit that took it down. */
  readonly takedownId?: string;
  /** Number of the last `link.changed`, which the media server has to have applied. */
  readonly changedSeq: number;
}

/** What the redirect reads: id, opensAt, expiresAt, end. Small, because each click decodes it. */
export type CodeRecord = readonly [
  id: string,
  opensAt: number | null,
  expiresAt: number | null,
  end: End | null,
];

export const codeRecord = (link: LinkRecord): CodeRecord => [link.id, link.opensAt, link.expiresAt, link.end];

/** Why a link does not open now, or undefined when it does. */
export function closedBecause(record: CodeRecord, now: number): ProblemCode | undefined {
  const [, opensAt, expiresAt, end] = record;
  if (end === 'taken_down') return 'taken_down';
  if (end === 'revoked') return 'link_revoked';
  if (expiresAt !== null && now >= expiresAt) return 'link_expired';
  if (opensAt !== null && now < opensAt) return 'not_open_yet';
  return undefined;
}

/** Throws `invalid_fields` where the limits contradict each other. */
export function checkLimits(limits: Limits): void {
  const { opensAt, expiresAt, startAt, endAt } = limits;
  if (opensAt !== null && expiresAt !== null && opensAt >= expiresAt) {
    throw invalid('expiresAt', 'must be later than opensAt');
  }
  if (endAt !== null && endAt <= (startAt ?? 0)) throw invalid('endAt', 'must be later than startAt');
}

export function invalid(field: string, message: string): Problem {
  return new Problem('invalid_fields', { detail: `${field}: ${message}`, errors: [{ field, message }] });
}

/** Whether sessions made under `before` may do what `after` forbids, so that they have to end. */
export function tightened(before: Limits, after: Limits, now: number): boolean {
  const sooner = (a: number | null, b: number | null) => (b ?? Infinity) < (a ?? Infinity);
  return (
    (after.password !== null && after.password !== before.password) ||
    sooner(before.expiresAt, after.expiresAt) ||
    sooner(before.endAt, after.endAt) ||
    (after.startAt ?? 0) > (before.startAt ?? 0) ||
    (after.opensAt !== null && after.opensAt > now) ||
    (before.allowDownload && !after.allowDownload)
  );
}

/** What a live link does now. */
export function stateOf(record: LinkRecord, now: number): LinkState {
  const closed = closedBecause(codeRecord(record), now);
  if (closed === 'taken_down') return 'taken_down';
  if (closed === 'not_open_yet') return 'scheduled';
  if (closed) return 'expired';
  return record.maxViews !== null && record.views >= record.maxViews ? 'used_up' : 'open';
}

/** A link as its owner sees it; `videoTitle` comes from the card of its video. */
export function toLink(record: LinkRecord, baseUrl: string, videoTitle: string | null): Link {
  return {
    id: record.id,
    code: record.code,
    alias: record.alias?.text ?? null,
    url: `${baseUrl}/${encodeURIComponent(record.alias?.text ?? record.code)}`,
    state: stateOf(record, Date.now()),
    serverId: record.serverId,
    videoId: record.videoId,
    videoTitle,
    label: record.label,
    recipient: record.recipient ?? null,
    opensAt: iso(record.opensAt),
    expiresAt: iso(record.expiresAt),
    maxViews: record.maxViews,
    hasPassword: record.password !== null,
    startAt: record.startAt,
    endAt: record.endAt,
    speed: record.speed ?? null,
    allowDownload: record.allowDownload,
    embedOrigins: record.embedOrigins ? [...record.embedOrigins] : null,
    views: record.views,
    lastOpenedAt: iso(record.lastOpenedAt),
    createdAt: new Date(record.createdAt).toISOString(),
  };
}

export const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
