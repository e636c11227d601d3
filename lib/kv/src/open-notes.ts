import type { Notes } from './notes.ts';

/**
 * Opens `redis://…` or `rediss://…`, or the memory of this process where no URL is given. Unlike counts, notes reject
 * while Redis is away: what others are to read must be where they look.
 */
export async function openNotes(url?: string): Promise<Notes> {
  if (url === undefined) return memoryNotes();
  const { openRedisNotes } = await import('./redis-notes.ts');
  return openRedisNotes(url);
}

function memoryNotes(): Notes {
  const notes = new Map<string, { text: string; until: number }>();
  const read = (key: string) => {
    const note = notes.get(key);
    return note && note.until > Date.now() ? note.text : undefined;
  };
  const write = (key: string, text: string, seconds: number) => {
    for (const [old, { until }] of notes) if (until <= Date.now()) notes.delete(old);
    notes.set(key, { text, until: Date.now() + seconds * 1000 });
  };
  return {
    get: async (key) => read(key),
    set: async (key, text, seconds) => write(key, text, seconds),
    async add(key, text, seconds) {
      if (read(key) !== undefined) return false;
      write(key, text, seconds);
      return true;
    },
    remove: async (key) => void notes.delete(key),
    close: async () => undefined,
  };
}
