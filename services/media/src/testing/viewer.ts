import type { PlayAnswer } from '@ptsdly/contract';
import type { Answer, Rig } from './server.ts';

/** What a player knows of one track. */
export interface Listing {
  readonly lines: readonly string[];
  /** Relative addresses of the segments that are listed. */
  readonly segments: readonly string[];
  readonly ended: boolean;
}

/** A friend with a play session. */
export class Viewer {
  readonly play: PlayAnswer;
  readonly #rig: Pick<Rig, 'call'>;

  constructor(rig: Pick<Rig, 'call'>, play: PlayAnswer) {
    this.#rig = rig;
    this.play = play;
  }

  /** Any piece of the session: `v0.m3u8`, `v0/3.m4s`. */
  get(piece: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.#rig.call('GET', this.url(piece), { open: true, headers });
  }

  url(piece: string): string {
    return this.play.hlsUrl.replace('master.m3u8', piece);
  }

  async listing(track = 'v0'): Promise<Listing> {
    const answer = await this.get(`${track}.m3u8`);
    if (answer.status !== 200) throw new Error(`${track}.m3u8: ${answer.status} ${answer.body}`);
    const lines = answer.body.toString().trim().split('\n');
    const segments = lines.filter((line) => line.endsWith('.m4s'));
    return { lines, segments, ended: lines.at(-1) === '#EXT-X-ENDLIST' };
  }
}

/** Redeems a grant. */
export function redeem(rig: Pick<Rig, 'call'>, grant: string): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  return rig.call('POST', '/play', { open: true, headers, body: JSON.stringify({ grant }) });
}

/** A viewer by a link, whose video must be playable. */
export async function openViewer(rig: Pick<Rig, 'call'>, grant: string): Promise<Viewer> {
  const answer = await redeem(rig, grant);
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.body}`);
  return new Viewer(rig, JSON.parse(answer.body.toString()) as PlayAnswer);
}
