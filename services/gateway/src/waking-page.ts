import type { IncomingMessage } from 'node:http';
import { preferredLanguage } from '@ptsdly/kit';
import { header } from './exchange.ts';

const words = {
  ko: ['서버가 깨어나는 중이에요', '잠시 후 이 페이지가 저절로 다시 열려요.'],
  en: ['The server is waking up', 'This page opens again by itself in a moment.'],
} as const;

/** What a person sees who opens an address of a server that is not there yet; it asks again by itself. */
export function wakingPage(request: IncomingMessage, seconds: number): string | undefined {
  const wantsPage = /text\/html/.test(header(request, 'accept') ?? '');
  if (request.method !== 'GET' || !wantsPage) return undefined;
  const language = preferredLanguage(header(request, 'accept-language') ?? '');
  const [title, text] = words[language];
  return `<!doctype html>
<html lang="${language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="${seconds}">
<title>${title}</title>
<style>
  body { margin: 0; min-height: 100vh; display: grid; place-content: center; gap: 0.5rem; padding: 1.5rem;
    font: 1rem/1.6 system-ui, sans-serif; text-align: center; color-scheme: light dark; }
  h1 { margin: 0; font-size: 1.375rem; } p { margin: 0; opacity: 0.75; }
</style>
<h1>${title}</h1>
<p>${text}</p>
</html>
`;
}
