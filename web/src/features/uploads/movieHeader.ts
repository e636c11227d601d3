const largest = 32 * 1024 * 1024;
const mostBoxes = 64;
/** What may stand at the beginning of an MP4 or MOV. */
const openings = ['ftyp', 'moov', 'mdat', 'wide', 'free', 'skip', 'pnot'];

/**
 * The movie header (`moov`, ISO/IEC 14496-12 §8.2.1) of a local file that has it behind its media, as most
 * cameras write it; null where it stands in front, is larger than 32 MB, or the file is another kind.
 */
export async function movieHeaderBehind(file: Blob): Promise<Blob | null> {
  let behindMedia = false;
  let at = 0;
  for (let boxes = 0; boxes < mostBoxes && file.size - at >= 8; boxes++) {
    const { type, size } = await boxAt(file, at);
    if (at === 0 && !openings.includes(type)) return null;
    if (size < 8 || at + size > file.size) return null;
    if (type === 'moov') return behindMedia && size <= largest ? file.slice(at, at + size) : null;
    behindMedia ||= type === 'mdat';
    at += size;
  }
  return null;
}

/** Type and size in bytes of the box at an offset (ISO/IEC 14496-12 §4.2). */
async function boxAt(file: Blob, at: number): Promise<{ type: string; size: number }> {
  const view = new DataView(await file.slice(at, at + 16).arrayBuffer());
  const type = String.fromCharCode(...new Uint8Array(view.buffer, 4, 4));
  const size = view.getUint32(0);
  if (size === 0) return { type, size: file.size - at };
  if (size !== 1) return { type, size };
  return { type, size: view.byteLength < 16 ? 0 : Number(view.getBigUint64(8)) };
}

const patience = 15_000;

/** Sends the movie header ahead of its file, so that the video plays while it uploads. Only a welcome: never rejects. */
export async function sendMovieHeader(file: Blob, uploadUrl: string): Promise<void> {
  try {
    const body = await movieHeaderBehind(file);
    if (!body) return;
    const headers = { 'content-type': 'application/octet-stream' };
    const signal = AbortSignal.timeout(patience);
    await fetch(`${uploadUrl}/moov`, { method: 'PUT', headers, body, signal });
  } catch {
    // without it the video plays when all of it is there
  }
}
