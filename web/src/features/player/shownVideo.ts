let shown: HTMLVideoElement | null = null;

/** The video element of the player on this page, for what lies beside it. */
export const shownVideo = () => shown;

export function showVideo(video: HTMLVideoElement | null): void {
  shown = video;
}
