import { type RefObject, useEffect } from 'react';

const step = 10;

/** The player's keys while nothing else has the focus; with the focus inside, the controls hear them themselves. */
export function usePageKeys(ref: RefObject<HTMLVideoElement | null>): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const idle = event.target === document.body || (event.target as Element | null)?.id === 'content';
      if (!ref.current || !idle || event.ctrlKey || event.metaKey || event.altKey) return;
      if (pressKey(ref.current, event.key)) event.preventDefault();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [ref]);
}

function pressKey(video: HTMLVideoElement, key: string): boolean {
  switch (key) {
    case ' ':
    case 'k':
      if (video.paused) void video.play().catch(() => undefined);
      else video.pause();
      return true;
    case 'ArrowLeft':
      video.currentTime = Math.max(0, video.currentTime - step);
      return true;
    case 'ArrowRight':
      video.currentTime = Math.min(video.duration || 0, video.currentTime + step);
      return true;
    case 'm':
      video.muted = !video.muted;
      return true;
    case 'f':
      toggleFullscreen(video);
      return true;
    default:
      return false;
  }
}

function toggleFullscreen(video: HTMLVideoElement) {
  const controls = video.closest('media-controller') ?? video;
  if (document.fullscreenElement) void document.exitFullscreen();
  else void controls.requestFullscreen?.().catch(() => undefined);
}
