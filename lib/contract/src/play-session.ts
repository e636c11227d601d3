import { z } from 'zod';

/** What a play session's token says of the link that it came by: `l` its id, `e` its epoch. */
const claims = z.object({ l: z.string(), e: z.int().optional() });

export interface SessionLink {
  readonly id: string;
  readonly epoch: number;
}

/**
 * The link behind the token of a play session, as the token itself says: nothing is checked, so this may end what is
 * being sent and never allow it. Undefined for the owner's own session and for what is no such token.
 */
export function sessionLink(token: string): SessionLink | undefined {
  const [body = ''] = token.split('.');
  try {
    const bytes = atob(body.replaceAll('-', '+').replaceAll('_', '/'));
    const { l: id, e: epoch = 0 } = claims.parse(JSON.parse(bytes));
    return { id, epoch };
  } catch {
    return undefined;
  }
}
