/** Pixels of the longer side at most. */
const longest = 1280;
/** Bytes that a server takes. */
const largest = 480_000;
const qualities = [0.86, 0.75, 0.6, 0.45];

/** A picture of this browser as a JPEG that a server takes as a poster; null where it cannot be drawn. */
export async function toJpeg(picture: HTMLVideoElement | ImageBitmap): Promise<Blob | null> {
  const [width, height] =
    picture instanceof HTMLVideoElement
      ? [picture.videoWidth, picture.videoHeight]
      : [picture.width, picture.height];
  if (!width || !height) return null;
  const scale = Math.min(1, longest / Math.max(width, height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext('2d');
  if (!context) return null;
  // what is transparent becomes white, not black
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  for (const quality of qualities) {
    const jpeg = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', quality));
    if (jpeg && jpeg.size <= largest) return jpeg;
  }
  return null;
}

/** The same of a file that somebody chose. */
export async function fileToJpeg(file: File): Promise<Blob | null> {
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (!bitmap) return null;
  try {
    return await toJpeg(bitmap);
  } finally {
    bitmap.close();
  }
}
