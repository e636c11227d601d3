// Bundles the media server, which every subscriber's process runs: stripping types at each start costs 17 MB and
// 50 ms a process. What only the index thread needs lies in files of its own, which a start does not read.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

// One letter beyond Latin makes V8 keep all of a file with two bytes for each, so they are written as escapes.
for (const name of readdirSync(dist).filter((file) => file.endsWith('.mjs'))) {
  const source = readFileSync(`${dist}/${name}`, 'utf8');
  const escaped = (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
  writeFileSync(`${dist}/${name}`, source.replace(/[\u0080-\uffff]/g, escaped));
}

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
