import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The same packets as those of an MP4 in a container that is read from front to back. */
export function inContainer(clip: Buffer, container: 'fragmented.mp4' | 'clip.mkv' | 'clip.ts'): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'clip-'));
  const fragments = ['-movflags', 'frag_keyframe+empty_moov+default_base_moof'];
  try {
    writeFileSync(join(folder, 'in.mp4'), clip);
    const options = container === 'fragmented.mp4' ? fragments : [];
    const args = ['-v', 'error', '-i', 'in.mp4', '-c', 'copy', ...options, container];
    execFileSync('ffmpeg', args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
    return readFileSync(join(folder, container));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
