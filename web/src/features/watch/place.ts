import { parseStart } from '../player/parseStart.ts';

export interface Place {
  readonly code: string;
  /** Inside another site: the player and nothing else. */
  readonly embedded: boolean;
  /** Asked for in the address; comes before the link's own. */
  readonly startAt: number | null;
}

/** What the address of this page says: `/watch/<code>?t=90` or `/embed/<code>`. */
export function placeOf({ pathname, search }: Pick<Location, 'pathname' | 'search'>): Place {
  const [, page, code = ''] = pathname.split('/');
  return {
    code: safeDecode(code),
    embedded: page === 'embed',
    startAt: parseStart(new URLSearchParams(search).get('t')),
  };
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
