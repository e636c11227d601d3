import type { PlayExtras } from './extras.ts';

/** Where speech and music are brought to: the level of online video (LUFS). */
const target = -16;
const mostDecibels = 15;
/** True peaks stay below this (dBTP; EBU R128). */
const ceiling = -1;

/** How many times louder a sound must be to reach the usual level without clipping. */
export function gainFor({ integrated, peak }: NonNullable<PlayExtras['loudness']>): number {
  const wished = Math.min(mostDecibels, Math.max(-mostDecibels, target - integrated));
  const room = ceiling - peak;
  // What is too quiet rises only as far as its peaks allow.
  const decibels = wished > 0 ? Math.min(wished, Math.max(0, room)) : wished;
  return 10 ** (decibels / 20);
}

/** Puts a gain between a video element and the speakers; for good, as an element can be tapped only once. */
export class Loudness {
  readonly #context = new AudioContext();
  readonly #gain = this.#context.createGain();

  constructor(video: HTMLVideoElement) {
    this.#context.createMediaElementSource(video).connect(this.#gain).connect(this.#context.destination);
  }

  /** Only after a tap or key of the user does a browser let the sound through. */
  async set(gain: number): Promise<void> {
    await this.#context.resume();
    this.#gain.gain.setTargetAtTime(gain, this.#context.currentTime, 0.05);
  }

  close(): void {
    void this.#context.close();
  }
}
