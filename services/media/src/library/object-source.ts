import type { OriginalSource } from '../playback/packaged.ts';
import type { LocalStorage } from '../storage/storage.ts';

/** An object of the storage as bytes to cut segments from. */
export function objectSource(storage: LocalStorage, name: string, size: number): OriginalSource {
  return {
    size,
    readInto: (offset, target) => storage.read(name, offset, target),
    stream: (start, end, write) => storage.stream(name, start, end, write),
    ...(storage.expect && {
      expect: (start, end) => storage.expect?.(name, start, end) ?? Promise.resolve(),
    }),
    async read(offset, length) {
      const target = Buffer.allocUnsafe(length);
      await storage.read(name, offset, target);
      return target;
    },
  };
}
