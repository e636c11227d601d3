import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesSource, indexSource } from '@ptsdly/packager';
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
  const stream = Buffer.concat(pieces);
  const [sound] = (await indexSource(bytesSource(stream))).audio;
  // ffmpeg takes a composition offset below zero, that of the priming packet, for a delay of all
  const delay = -(sound?.samples.composition?.[0] ?? 0) / (sound?.timescale ?? 1);
  return samplesOf(stream, hertz).subarray(Math.round(delay * hertz));
}

/** Samples of the first sound track of a file from zero on its timeline, of one channel between -1 and 1. */
export function samplesOf(file: Buffer, hertz = 48_000): Float32Array {
  const exact = `aresample=${hertz}:async=1:min_comp=0:min_hard_comp=0.02:first_pts=0`;
  const args = ['-map', '0:a:0', '-af', exact, '-ac', '1', '-f', 'f32le', '-'];
  const folder = mkdtempSync(join(tmpdir(), 'sound-'));
  try {
    const path = join(folder, 'file');
    writeFileSync(path, file);
    const output = execFileSync('ffmpeg', ['-v', 'error', '-copyts', '-i', path, ...args], {
      maxBuffer: 256 * 1024 * 1024,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const bytes = Uint8Array.from(output);
    return new Float32Array(bytes.buffer, 0, Math.floor(bytes.length / 4));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
