import { sha256 } from '@noble/hashes/sha2.js';
import { hex } from './digest.ts';

/** The SHA-256 of a whole file, of any size, beside the page: a number between 0 and 1 on the way, then the hash. */
self.addEventListener('message', async ({ data: file }: MessageEvent<File>) => {
  const hash = sha256.create();
  const reader = file.stream().getReader();
  let read = 0;
  let told = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    hash.update(value);
    read += value.length;
    if (performance.now() - told < 200) continue;
    told = performance.now();
    self.postMessage(read / file.size);
  }
  self.postMessage(hex(hash.digest()));
});
