import type { ServerResponse } from 'node:http';

/** The client closed its connection; there is nobody to tell. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';
}

/** Writes a chunk and resolves when it has left this process. Rejects with `ClientGone`. */
export function writeChunk(response: ServerResponse, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const gone = () => reject(new ClientGone());
    if (response.destroyed) return gone();
    response.once('close', gone);
    response.write(chunk, (error) => {
      response.off('close', gone);
      if (error) gone();
      else resolve();
    });
  });
}
