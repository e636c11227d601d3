/** Bytes that tell what a file is. */
export const SNIFFED = 1024;

/** What begins so is a page or a list of other addresses, and no video: it is not fetched, nor followed. */
const TEXTS = [
  /^<!doctype/i,
  /^<(html|head|body|script|svg|mpd|smil|asx|playlist|rss|feed|smoothstreamingmedia|m3u|xspf)\b/i,
  /^<\?xml/i,
  /^#EXT/,
  /^\[playlist\]/i,
  /^\[reference\]/i,
  /^ffconcat/i,
  /^\{\s*"/,
  /^%PDF/,
  /^(https?|rtsp|rtmp|mms|file|concat):/i,
];

/** Media types that are pages or lists whatever their bytes say. */
const TYPES =
  /^(text\/|application\/(json|xml|xhtml|dash|.*mpegurl|vnd\.ms-sstr|x-httpd)|audio\/(x-)?(mpegurl|scpls)|image\/)/i;

/** Whether an answer is a page, a playlist or another text. `start` are its first bytes. */
export function isNoVideo(type: string, start: Buffer): boolean {
  if (TYPES.test(type)) return true;
  const text = decode(start).trimStart();
  return TEXTS.some((pattern) => pattern.test(text));
}

/** The first bytes as text, whichever way it is encoded (a byte order mark is passed over). */
function decode(start: Buffer): string {
  if (start[0] === 0xff && start[1] === 0xfe) return start.subarray(2).toString('utf16le');
  const offset = start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf ? 3 : 0;
  return start.subarray(offset).toString('latin1');
}

/** The name of a file: as its server gives it (RFC 6266), or the last part of the path. Empty when there is none. */
export function fileNameOf(disposition: string | undefined, url: URL): string {
  const extended = /filename\*\s*=\s*utf-8''([^;]+)/i.exec(disposition ?? '')?.[1];
  const plain = /filename\s*=\s*("([^"]*)"|[^;\s]+)/i.exec(disposition ?? '');
  const given = extended ?? plain?.[2] ?? plain?.[1] ?? url.pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(given).slice(0, 300);
  } catch {
    return given.slice(0, 300);
  }
}
