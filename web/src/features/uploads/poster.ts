const longestWait = 5000;
const widest = 1280;

/** A frame of a local file as JPEG, or null where this browser cannot show it in time. */
export async function grabPoster(file: File): Promise<Blob | null> {
  const video = document.createElement('video');
  const url = URL.createObjectURL(file);
  video.muted = true;
  video.preload = 'auto';
  video.playsInline = true;
  try {
    return await Promise.race([frameOf(video, url), expired()]);
  } catch {
    return null;
  } finally {
    video.removeAttribute('src');
    video.load();
    URL.revokeObjectURL(url);
  }
}

async function frameOf(video: HTMLVideoElement, url: string): Promise<Blob | null> {
  video.src = url;
  await happened(video, 'loadeddata');
  // Not the very first frame, which is often black.
  video.currentTime = Math.min(1, (video.duration || 0) / 10);
  await happened(video, 'seeked');
  const scale = Math.min(1, widest / video.videoWidth);
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(video.videoWidth * scale);
  canvas.height = Math.round(video.videoHeight * scale);
  canvas.getContext('2d')?.drawImage(video, 0, 0, canvas.width, canvas.height);
  return await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.8));
}

const expired = () => new Promise<null>((resolve) => setTimeout(resolve, longestWait, null));

function happened(video: HTMLVideoElement, event: string): Promise<void> {
  return new Promise((resolve, reject) => {
    video.addEventListener(event, () => resolve(), { once: true });
    video.addEventListener('error', () => reject(video.error), { once: true });
  });
}
