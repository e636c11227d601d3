import { type RefObject, useEffect, useEffectEvent } from 'react';

const step = 5;
const leap = 10;
export const rates = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2] as const;

/** What only the player knows how to do. */
export interface KeyCommands {
  toggleCaptions(): void;
  toggleHelp(): void;
}

/** Keys of the player, as the help sheet lists them: name of the text, and what to press. */
export const keyHelp = [
  ['play', ['Space', 'K']],
  ['step', ['←', '→']],
  ['leap', ['J', 'L']],
  ['jump', ['0', '…', '9']],
  ['volume', ['↑', '↓']],
  ['mute', ['M']],
  ['captions', ['C']],
  ['fullscreen', ['F']],
  ['speed', ['<', '>']],
  ['help', ['?']],
] as const;

/** The player's keys, on the whole page but where somebody writes, chooses or presses something else. */
export function usePlayerKeys(ref: RefObject<HTMLVideoElement | null>, commands: KeyCommands): void {
  const press = useEffectEvent((event: KeyboardEvent) => {
    if (!ref.current || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTaken(event)) return;
    if (event.key === '?') commands.toggleHelp();
    else if (event.key.toLowerCase() === 'c') commands.toggleCaptions();
    else if (!pressKey(ref.current, event.key)) return;
    event.preventDefault();
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent) => press(event);
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, []);
}

/** Whether the key belongs to what has the focus: a field, a menu, a dialog, a slider, or a button for its own keys. */
function isTaken(event: KeyboardEvent): boolean {
  const path = event.composedPath().filter((target) => target instanceof Element);
  const matches = (selector: string) => path.some((element) => element.matches(selector));
  if (
    matches(
      'input:not([type="range"]), textarea, select, [contenteditable], [role^="menu"], [role*="dialog"], dialog',
    )
  )
    return true;
  if (event.key === ' ' || event.key === 'Enter') {
    return matches(
      'button, a, summary, [role="button"], [role="checkbox"], [role="radio"], media-time-range',
    );
  }
  return (
    /^(Arrow|Home|End)/.test(event.key) && matches('input, [role="slider"], [role="radio"], [role="tab"]')
  );
}

/** True when the key means something. */
export function pressKey(video: HTMLVideoElement, key: string): boolean {
  if (/^[0-9]$/.test(key)) {
    seek(video, (Number(key) / 10) * (video.duration || 0));
    return true;
  }
  const action = actions[key.length === 1 ? key.toLowerCase() : key];
  action?.(video);
  return action !== undefined;
}

const actions: Readonly<Record<string, (video: HTMLVideoElement) => void>> = {
  ' ': togglePlay,
  k: togglePlay,
  ArrowLeft: (video) => seek(video, video.currentTime - step),
  ArrowRight: (video) => seek(video, video.currentTime + step),
  j: (video) => seek(video, video.currentTime - leap),
  l: (video) => seek(video, video.currentTime + leap),
  ArrowUp: (video) => louder(video, 0.05),
  ArrowDown: (video) => louder(video, -0.05),
  m: (video) => {
    video.muted = !video.muted;
  },
  f: toggleFullscreen,
  '<': (video) => faster(video, -1),
  '>': (video) => faster(video, 1),
};

function togglePlay(video: HTMLVideoElement) {
  if (video.paused) void video.play().catch(() => undefined);
  else video.pause();
}

export function seek(video: HTMLVideoElement, time: number) {
  video.currentTime = Math.min(Math.max(0, time), video.duration || 0);
}

function louder(video: HTMLVideoElement, by: number) {
  video.volume = Math.min(1, Math.max(0, video.volume + by));
  if (by > 0) video.muted = false;
}

/** The next speed of the menu. */
function faster(video: HTMLVideoElement, by: 1 | -1) {
  const next =
    by > 0
      ? rates.find((rate) => rate > video.playbackRate)
      : rates.findLast((rate) => rate < video.playbackRate);
  if (next !== undefined) video.playbackRate = next;
}

function toggleFullscreen(video: HTMLVideoElement) {
  const controls = video.closest('media-controller') ?? video;
  if (document.fullscreenElement) void document.exitFullscreen();
  else void controls.requestFullscreen?.().catch(() => undefined);
}
