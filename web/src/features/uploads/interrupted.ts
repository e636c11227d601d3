import { defaultOptions, type PreviousUpload } from 'tus-js-client';
import { fingerprintOf } from './fingerprint.ts';
import { uploadsUrl } from './transfer.ts';

export interface Interrupted {
  readonly id: string;
  readonly serverUrl: string;
  readonly fileName: string;
  readonly size: number;
  /** Acknowledged by the server. */
  readonly sent: number;
  /** The video whose file it is to become. */
  readonly replaces: string | null;
}

/** Uploads to this server that an earlier page began, and no page is sending now. */
export async function findInterrupted(serverUrl: string): Promise<readonly Interrupted[]> {
  const known = await defaultOptions.urlStorage.findAllUploads();
  const ours = known.filter((previous) => previous.uploadUrl?.startsWith(`${uploadsUrl(serverUrl)}/`));
  const found = await Promise.all(ours.map((previous) => inspect(serverUrl, previous)));
  return found.filter((one) => one !== null);
}

async function inspect(serverUrl: string, previous: PreviousUpload): Promise<Interrupted | null> {
  const headers = { 'tus-resumable': '1.0.0' };
  const answer = await fetch(previous.uploadUrl!, { method: 'HEAD', headers }).catch(() => null);
  if (answer?.status === 404 || answer?.status === 410) {
    await defaultOptions.urlStorage.removeUpload(previous.urlStorageKey);
    return null;
  }
  const size = previous.size ?? 0;
  const sent = Number(answer?.headers.get('upload-offset') ?? 0);
  if (size > 0 && sent >= size) {
    await defaultOptions.urlStorage.removeUpload(previous.urlStorageKey);
    return null;
  }
  return {
    id: fingerprintOf(previous),
    serverUrl,
    fileName: previous.metadata.filename ?? '',
    size,
    sent,
    replaces: previous.metadata.replaces ?? null,
  };
}

/** An earlier try has left an address. */
export async function hasBegun(id: string): Promise<boolean> {
  return (await defaultOptions.urlStorage.findUploadsByFingerprint(id)).length > 0;
}

/** The address under which an upload could have gone on; after this it cannot. */
export async function forgetAddress(id: string): Promise<string | null> {
  const known = await defaultOptions.urlStorage.findUploadsByFingerprint(id);
  await Promise.all(known.map((one) => defaultOptions.urlStorage.removeUpload(one.urlStorageKey)));
  return known[0]?.uploadUrl ?? null;
}
