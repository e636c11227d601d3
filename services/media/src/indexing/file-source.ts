import { read } from 'node:fs';
import { type ByteSource, PackagerError } from '@ptsdly/packager';

/** The first `size` bytes of an open file of this process. */
export function fileSource(fd: number, size: number): ByteSource {
  const fill = (target: Uint8Array, offset: number) =>
    new Promise<void>((resolve, reject) => {
      const next = (filled: number) => {
        if (filled === target.length) return resolve();
        read(fd, target, filled, target.length - filled, offset + filled, (error, count) => {
          if (error) reject(error);
          else if (count === 0) reject(tooShort());
          else next(filled + count);
        });
      };
      next(0);
    });
  return {
    size,
    readInto: (offset, target) => fill(target, offset),
    async read(offset, length) {
      if (offset < 0 || offset + length > size) throw tooShort();
      const target = new Uint8Array(length);
      await fill(target, offset);
      return target;
    },
  };
}

const tooShort = () => new PackagerError('truncated', 'The file ends too early.');
