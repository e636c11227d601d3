import type { Rig } from './server.ts';

export const TUS = { 'tus-resumable': '1.0.0' };

/** Announces an upload. Resolves to its id, which is also the video's. */
export async function announce(
  rig: Pick<Rig, 'call'>,
  length: number,
  fileName = 'clip.mp4',
): Promise<string> {
  const metadata = `filename ${base64(fileName)},filetype ${base64('video/mp4')}`;
  const headers = { ...TUS, 'upload-length': String(length), 'upload-metadata': metadata };
  const answer = await rig.call('POST', '/uploads', { headers });
  if (answer.status !== 201) throw new Error(`${answer.status} ${answer.body}`);
  return String(answer.headers['x-video-id']);
}

export function patchHeaders(offset: number, more: Record<string, string> = {}): Record<string, string> {
  return {
    ...TUS,
    'content-type': 'application/offset+octet-stream',
    'upload-offset': String(offset),
    ...more,
  };
}

/** Uploads a whole file in one piece. Resolves to its id. */
export async function upload(rig: Pick<Rig, 'call'>, bytes: Uint8Array, fileName?: string): Promise<string> {
  const id = await announce(rig, bytes.length, fileName);
  const answer = await rig.call('PATCH', `/uploads/${id}`, { headers: patchHeaders(0), body: bytes });
  if (answer.status !== 204) throw new Error(`${answer.status} ${answer.body}`);
  return id;
}

const base64 = (text: string) => Buffer.from(text).toString('base64');
