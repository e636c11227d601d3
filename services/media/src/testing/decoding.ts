import { execFileSync } from 'node:child_process';
import { probeFrames } from './fixtures.ts';
import { eventually } from './server.ts';
import type { Viewer } from './viewer.ts';

/** A piece of a session, once it is made: what is asked for too early is answered 503. */
async function made(viewer: Viewer, piece: string): Promise<Buffer> {
  return eventually(async () => {
    const { status, body } = await viewer.get(piece);
    if (status === 200) return body;
    if (status !== 503) throw new Error(`${piece}: ${status} ${body}`);
    return undefined;
  }, 60);
}

/** Seconds of each segment as its playlist says. */
const lengthsOf = (lines: readonly string[]) =>
  lines.filter((line) => line.startsWith('#EXTINF')).map((line) => Number(line.slice(8, -1)));

/**
 * Decodes a picture segment by segment, each alone after its init segment: how many frames there are in all, and what is
 * wrong with any of them.
 */
export async function decodePicture(viewer: Viewer, track: string) {
  const { segments, lines } = await viewer.listing(track);
  const init = await made(viewer, `${track}/init.mp4`);
  const faults: string[] = [];
  let frames = 0;
  for (const segment of segments) {
    const probe = probeFrames(Buffer.concat([init, await made(viewer, segment)]));
    if (!probe.firstIsKey) faults.push(`${segment} does not begin with a key frame`);
    if (probe.frames === 0) faults.push(`${segment} has no frames`);
    frames += probe.frames;
  }
  return { frames, faults, seconds: lengthsOf(lines).reduce((sum, length) => sum + length, 0) };
}

/** Decodes a sound track as a player does, segment after segment: its samples, of one channel between -1 and 1. */
export async function decodeSound(viewer: Viewer, track: string, hertz = 48_000): Promise<Float32Array> {
  const { segments } = await viewer.listing(track);
  const pieces = [await made(viewer, `${track}/init.mp4`)];
  for (const segment of segments) pieces.push(await made(viewer, segment));
  return samplesOf(Buffer.concat(pieces), hertz);
}

/** Samples of the first sound track of a file, of one channel between -1 and 1. */
export function samplesOf(file: Buffer, hertz = 48_000): Float32Array {
  const args = ['-v', 'error', '-i', '-', '-map', '0:a:0', '-ac', '1', '-ar', `${hertz}`, '-f', 'f32le', '-'];
  const output = execFileSync('ffmpeg', args, {
    input: file,
    maxBuffer: 256 * 1024 * 1024,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const bytes = Uint8Array.from(output);
  return new Float32Array(bytes.buffer, 0, Math.floor(bytes.length / 4));
}
