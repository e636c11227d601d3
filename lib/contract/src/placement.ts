import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { bytes, idParams } from './fields.ts';

/** Where the objects of servers lie, for an operator. Internal: whoever holds the service key of the installation. */

/**
 * `local`: on the disk of its host. `remote`: in the remote storage of the installation. `returning`: on the disk,
 * and what still lies in the remote storage comes over by itself.
 */
export const storagePlace = z.enum(['local', 'remote', 'returning']);
export type StoragePlace = z.infer<typeof storagePlace>;

export const placement = z.object({
  id: z.string(),
  slug: z.string(),
  ownerId: z.string(),
  state: z.string(),
  usedBytes: bytes,
  storage: storagePlace,
  /** Objects that are not yet where they belong, as the server told last; null while it has told nothing. */
  objectsLeft: z.int().nullable(),
});
export type Placement = z.infer<typeof placement>;

export const placementApi = {
  placements: endpoint({
    method: 'GET',
    path: '/internal/placements',
    access: 'internal',
    summary: 'All servers, and where their objects lie',
    response: z.object({ items: z.array(placement) }),
  }),
  moveServer: endpoint({
    method: 'PUT',
    path: '/internal/placements/:id',
    access: 'internal',
    summary: 'Move the objects of a server, by its id or slug; it goes on playing meanwhile',
    params: idParams,
    body: z.object({ to: z.enum(['local', 'remote']) }),
    response: placement,
    problems: ['not_found', 'conflict'],
  }),
} as const;
