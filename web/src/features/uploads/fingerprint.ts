import type { PreviousUpload } from 'tus-js-client';

/**
 * The same file, sent to the same place of the same server, has the same name here; so an upload finds what it left
 * behind. A place is the folders it lay in, or the video that it is for.
 */
export function fingerprint(serverUrl: string, file: File, place: readonly string[] = []): string {
  const own = ['ptsdly', serverUrl, file.name, file.size, file.lastModified];
  return (place.length > 0 ? [...own, place.join('/')] : own).join('|');
}

/** Whether a file chosen by hand is the one of an upload, wherever it lay. */
export function isFileOf(id: string, serverUrl: string, file: File): boolean {
  const own = fingerprint(serverUrl, file);
  return id === own || id.startsWith(`${own}|`);
}

/** The fingerprint under which tus keeps the address of an upload (`tus::<fingerprint>::<number>`). */
export function fingerprintOf(previous: Pick<PreviousUpload, 'urlStorageKey'>): string {
  return previous.urlStorageKey.replace(/^tus::/, '').replace(/::\d+$/, '');
}
