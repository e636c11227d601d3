import { createClient, linksApi, mediaApi } from '@ptsdly/contract';
import { beginning } from '../player/beginning.ts';
import type { Session } from '../player/usePlaySession.ts';
import type { Place } from './place.ts';

const send = (request: Request) => fetch(request);
const links = createClient({ open: linksApi.openLink }, { fetch: send, baseUrl: location.origin });

/** A view is taken, and its grant becomes a play session at the media server. */
export async function openLink({ code, startAt }: Place, password?: string): Promise<Session> {
  const opened = await links.open({ params: { code }, body: password === undefined ? {} : { password } });
  const baseUrl = new URL(opened.serverUrl, location.origin).href;
  const media = createClient({ play: mediaApi.playGrant }, { fetch: send, baseUrl });
  const play = await media.play({ body: { grant: opened.grant } });
  return {
    play,
    ...beginning(startAt, placeKeyOf(code), play, opened.startAt),
    speed: opened.speed,
    playTicket: opened.playTicket,
  };
}

/** Under what this device remembers how far somebody has watched by a link. */
export const placeKeyOf = (code: string) => `link ${code}`;
