import type { FileReader, HttpRequest } from 'tus-js-client';
import { digestHex } from './digest.ts';

/**
 * Tells the server the SHA-256 of each piece (tus 1.0, extension "checksum"), so that one that was changed on its way
 * is sent again and not kept.
 */
export function createChecksums(file: Blob) {
  const byOffset = new Map<number, string>();
  const fileReader: FileReader = {
    openFile: async () => ({
      size: file.size,
      async slice(start, end) {
        const to = Math.min(end, file.size);
        const value = file.slice(start, to);
        byOffset.clear();
        byOffset.set(start, hexToBase64(await digestHex(await value.arrayBuffer())));
        return { value, done: to >= file.size };
      },
      close: () => undefined,
    }),
  };
  const onBeforeRequest = (request: HttpRequest) => {
    if (request.getMethod() !== 'PATCH') return;
    const digest = byOffset.get(Number(request.getHeader('Upload-Offset')));
    if (digest !== undefined) request.setHeader('Upload-Checksum', `sha256 ${digest}`);
  };
  return { fileReader, onBeforeRequest };
}

const hexToBase64 = (hex: string): string =>
  btoa(String.fromCharCode(...(hex.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16))));
