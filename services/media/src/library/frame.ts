import { spawn } from 'node:child_process';
import { setPriority } from 'node:os';

const LIMIT_MS = 15_000;
const MAX_JPEG = 500_000;
/** Where a command is looked for; nothing else of the surroundings reaches it. */
const PATH = '/usr/local/bin:/usr/bin:/bin';

/** One demuxer, one protocol, one picture: the file cannot make it open anything else. */
const ARGUMENTS = [
  ...['-v', 'error', '-threads', '1', '-protocol_whitelist', 'pipe', '-f', 'mp4', '-i', 'pipe:0'],
  ...['-map', '0:v:0', '-an', '-sn', '-dn', '-vf', "thumbnail=50,scale='min(640,iw)':-2"],
  ...['-frames:v', '1', '-q:v', '4', '-threads', '1', '-f', 'mjpeg', 'pipe:1'],
];

/**
 * A telling frame of an fMP4 stream as a JPEG at most 640 pixels wide; undefined when there is no ffmpeg here
 * or it finds none. The process is nice, and ended after 15 s.
 */
export async function grabFrame(ffmpeg: string, pieces: readonly Uint8Array[]): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const child = spawn(ffmpeg, ARGUMENTS, { env: { PATH }, stdio: ['pipe', 'pipe', 'ignore'] });
    const output: Buffer[] = [];
    const late = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
    child.once('spawn', () => lowerPriority(child.pid));
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stdin.on('error', () => undefined); // it has seen enough and closed its input
    child.once('error', () => resolve(undefined));
    child.once('close', (code) => {
      clearTimeout(late);
      const jpeg = Buffer.concat(output);
      resolve(code === 0 && jpeg.length > 0 && jpeg.length <= MAX_JPEG ? jpeg : undefined);
    });
    for (const piece of pieces) child.stdin.write(piece);
    child.stdin.end();
  });
}

function lowerPriority(pid: number | undefined): void {
  try {
    if (pid) setPriority(pid, 10);
  } catch {
    // it has ended already
  }
}
