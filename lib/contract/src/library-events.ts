import { z } from 'zod';
import { id } from './fields.ts';
import { video } from './media.ts';

/**
 * What the owner's event stream (`GET <server>/events`) tells: each line `event:` is a `type`, its `data:` the
 * whole object. A new stream begins with `ready`: what happened before it is not told, so a reader asks anew.
 */
export const libraryEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  /** A video is new, or anything about it is: its upload, its jobs, its poster, its title. */
  z.object({ type: z.literal('video'), video }),
  z.object({ type: z.literal('video.deleted'), id }),
  /** Folders, or many videos at once: a reader asks anew. */
  z.object({ type: z.literal('library') }),
  /** The server goes to sleep; a reader need not come back before somebody uses it. */
  z.object({ type: z.literal('asleep') }),
]);
export type LibraryEvent = z.infer<typeof libraryEvent>;
