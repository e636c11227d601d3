import { createVerifier, issuers, type TokenVerifier } from '@ptsdly/kit';
import type { MediaDatabase } from '../database.ts';
import { ownerOnly } from '../gatekeeper.ts';
import { Playback } from '../playback/playback.ts';
import { readSetting, writeSetting } from '../playback/rights.ts';
import { SessionTokens } from '../playback/session-token.ts';
import type { Engine } from './engine.ts';
import type { Foundation } from './foundation.ts';
import type { Intake } from './intake.ts';
import type { Shelves } from './shelves.ts';

/** Who may come in, and what they see. */
export interface Viewing {
  /** Knows the owner's tokens. */
  readonly callers: TokenVerifier;
  /** Knows what links has signed. */
  readonly grants: TokenVerifier;
  readonly playback: Playback;
}

export async function openViewing(
  foundation: Foundation,
  { library, subtitles }: Shelves,
  { ingest, arrivals, background, jobs }: Engine,
  { trash }: Intake,
): Promise<Viewing> {
  const { options, audience, url, host, db, rights, allowance, presentations, news } = foundation;
  const keys = (issuer: 'identity' | 'links') => () => host.jwks({ params: { issuer } });
  const callers = ownerOnly(createVerifier(issuers.identity, keys('identity')), options.ownerId, rights);
  const grants = createVerifier(issuers.links, keys('links'));
  const playback = new Playback({
    ...{
      audience,
      url,
      library,
      trash,
      subtitles,
      ingest,
      presentations,
      arrivals,
      rights,
      allowance,
      news,
      background,
    },
    tokens: new SessionTokens(await sessionKey(db)),
    grants,
    isMaking: (id, kind) => jobs.isComing(id, kind),
  });
  return { callers, grants, playback };
}

const SESSION_KEY = 'session-key';

/** The key of this server's play sessions, made once. */
async function sessionKey(db: MediaDatabase): Promise<Buffer> {
  const kept = await readSetting(db, SESSION_KEY);
  if (kept) return Buffer.from(kept, 'base64');
  const key = SessionTokens.newKey();
  await writeSetting(db, SESSION_KEY, key.toString('base64'));
  return key;
}
