import { createClient, linksApi, mediaApi } from '@ptsdly/contract';
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
    startAt: startAt ?? play.startAt ?? opened.startAt ?? 0,
    speed: opened.speed,
    playTicket: opened.playTicket,
  };
}
