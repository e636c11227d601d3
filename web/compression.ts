import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Plugin } from 'vite';

const brotli = promisify(brotliCompress);
const zip = promisify(gzip);
/** Below this a header and a variant cost more than they save. In bytes. */
const worthwhile = 1024;

/** Writes each script and style sheet as Brotli and gzip too: compressed once, as small as it gets, and served as it is. */
export const compression = (): Plugin => ({
  name: 'compression',
  apply: 'build',
  async writeBundle({ dir = '.' }, bundle) {
    const texts = Object.values(bundle).filter(({ fileName }) => /\.(js|css|svg)$/.test(fileName));
    const each = texts.map(async (file) => {
      const text = Buffer.from(file.type === 'chunk' ? file.code : file.source);
      if (text.length < worthwhile) return;
      const params = { [constants.BROTLI_PARAM_SIZE_HINT]: text.length };
      await writeFile(join(dir, `${file.fileName}.br`), await brotli(text, { params }));
      await writeFile(join(dir, `${file.fileName}.gz`), await zip(text, { level: 9 }));
    });
    await Promise.all(each);
  },
});
