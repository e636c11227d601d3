import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { compression } from './compression.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Two pages: the app, and the page of a shared link, which loads neither the app's store nor its router. */
export default defineConfig({
  root: here('.'),
  base: '/',
  plugins: [react(), compression()],
  build: {
    outDir: here('./dist'),
    emptyOutDir: true,
    assetsDir: 'assets',
    // By it the server knows which words a page will ask for.
    manifest: 'manifest.json',
    // Everything is a file of its own origin: the pages can be served under a strict content policy.
    assetsInlineLimit: 0,
    target: 'es2022',
    // hls.js alone is larger than the usual limit; it comes only when something plays.
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      input: { index: here('./index.html'), watch: here('./watch.html') },
      // The contract is data: what a page does not import is left out of it.
      output: {
        codeSplitting: {
          groups: [
            { name: 'contract', test: /\/(zod|lib\/contract)\/|api\/noEval/ },
            { name: 'react', test: /node_modules\/(react|react-dom|scheduler)\// },
          ],
        },
      },
      treeshake: { moduleSideEffects: (id) => !id.includes('/lib/contract/') },
    },
  },
});
