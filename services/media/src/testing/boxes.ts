/** The `moov` box of an MP4, whole, and where it stands (bytes). */
export function moovOf(file: Buffer): { readonly moov: Buffer; readonly offset: number } {
  for (let at = 0; at + 8 <= file.length; ) {
    const size = file.readUInt32BE(at);
    if (file.toString('latin1', at + 4, at + 8) === 'moov')
      return { moov: file.subarray(at, at + size), offset: at };
    at += size;
  }
  throw new Error('the file has no moov');
}
