import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Language, preferredLanguage } from '@ptsdly/kit';
import type { Context } from 'hono';

/** Vite's list of what came of each module (vite.dev, `build.manifest`). */
type Manifest = Readonly<Record<string, { readonly file: string; readonly imports?: readonly string[] }>>;

/** A built page for each reader. */
export type Page = (context: Context) => string;

/**
 * A page that says which language it is in and which words to fetch along with its scripts, by what the browser wishes
 * (RFC 9110 §12.5.4). A page whose reader chose another language on it fetches those instead. `texts` is the name that
 * the words for this page have in the folder of each language. Rejects when the app has not been built.
 */
export async function openPage(folder: string, name: string, texts: string): Promise<Page> {
  const [html, manifest] = await Promise.all([read(folder, name), readManifest(folder)]);
  const write = (language: Language) => {
    const links = filesOf(manifest, `src/i18n/${language}/${texts}`).map(
      (file) => `<link rel="modulepreload" crossorigin href="/${file}">`,
    );
    return html
      .replace('<html lang="ko">', `<html lang="${language}">`)
      .replace('</head>', `${links.join('')}</head>`);
  };
  const pages: Record<Language, string> = { ko: write('ko'), en: write('en') };
  return (context) => {
    context.header('vary', 'Accept-Language', { append: true });
    return pages[preferredLanguage(context.req.header('accept-language') ?? '')];
  };
}

/** Of a module and of what it imports. */
function filesOf(manifest: Manifest, module: string): string[] {
  const chunk = manifest[module];
  return chunk ? [chunk.file, ...(chunk.imports ?? []).flatMap((name) => filesOf(manifest, name))] : [];
}

const readManifest = async (folder: string): Promise<Manifest> =>
  JSON.parse(await read(folder, 'manifest.json'));

async function read(folder: string, name: string): Promise<string> {
  try {
    return await readFile(join(folder, name), 'utf8');
  } catch (cause) {
    throw new Error(`the web app is not built: ${name} is missing (npm run build)`, { cause });
  }
}
