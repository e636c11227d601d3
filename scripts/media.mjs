// Bundles the media server, which every subscriber's process runs: stripping types at each start costs 17 MB and
// 50 ms a process. What only the index thread needs lies in files of its own, which a start does not read.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { rolldown } from 'rolldown';

const dist = 'services/media/dist';

const bundle = await rolldown({
  input: 'ptsdly/src/media.ts',
  platform: 'node',
  external: [/^node:/],
  logLevel: 'warn',
});
await bundle.write({
  dir: dist,
  format: 'esm',
  entryFileNames: 'media.mjs',
  chunkFileNames: 'media-[name].mjs',
  minify: false,
  sourcemap: false,
});
await bundle.close();

// One run that ends at once leaves its compiled code (node:module, "Module compile cache"). Its folder is named after
// the user; in its sandbox a media server is nobody.
const cache = `${dist}/code-cache`;
const NOBODY = 65534;
rmSync(cache, { recursive: true, force: true });
mkdirSync(cache, { recursive: true });
spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', `${dist}/media.mjs`], {
  stdio: 'ignore',
});
for (const name of readdirSync(cache)) {
  const forNobody = `${cache}/${name.replace(/-\d+$/, `-${NOBODY}`)}`;
  if (forNobody !== `${cache}/${name}`) cpSync(`${cache}/${name}`, forNobody, { recursive: true });
}
for (const name of readdirSync(cache, { recursive: true })) chmodSync(`${cache}/${name}`, 0o755);
