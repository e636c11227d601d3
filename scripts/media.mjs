// Bundles the media server, which every subscriber's process runs: stripping types at each start costs 17 MB and
// 50 ms a process. What only the index thread needs lies in files of its own, which a start does not read.
import { rolldown } from 'rolldown';

const bundle = await rolldown({
  input: 'ptsdly/src/media.ts',
  platform: 'node',
  external: [/^node:/],
  logLevel: 'warn',
});
await bundle.write({
  dir: 'services/media/dist',
  format: 'esm',
  entryFileNames: 'media.mjs',
  chunkFileNames: 'media-[name].mjs',
  minify: false,
  sourcemap: false,
});
await bundle.close();
