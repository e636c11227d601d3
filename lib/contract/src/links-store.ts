import { z } from 'zod';
import { endpoint } from './endpoint.ts';

/** What an operator does with the store of links. Internal, as moderation is. */
export const linksStoreApi = {
  backUp: endpoint({
    method: 'POST',
    path: '/internal/backup',
    access: 'internal',
    summary: 'Copy the store, as it is at one moment, into a new folder of the machine that it is on',
    body: z.object({ folder: z.string().startsWith('/').max(1000) }),
    problems: ['conflict', 'no_space', 'unavailable'],
  }),
} as const;
