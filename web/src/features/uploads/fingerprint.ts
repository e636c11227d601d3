import type { PreviousUpload } from 'tus-js-client';

/** The same file, sent to the same server, has the same name here; so an upload finds what it left behind. */
export function fingerprint(serverUrl: string, file: File): string {
  return ['ptsdly', serverUrl, file.name, file.size, file.lastModified].join('|');
}

/** The fingerprint under which tus keeps the address of an upload (`tus::<fingerprint>::<number>`). */
export function fingerprintOf(previous: Pick<PreviousUpload, 'urlStorageKey'>): string {
  return previous.urlStorageKey.replace(/^tus::/, '').replace(/::\d+$/, '');
}
