import { assembleIndex, awaitAll } from './assembled-index.ts';
import { ByteWindow } from './byte-window.ts';
import { PackagerError } from './error.ts';
import { type IndexLimits, maxSamples } from './index-limits.ts';
import { BlockScan } from './matroska-blocks.ts';
import { soundOf } from './matroska-sound.ts';
import { videoOf } from './matroska-video.ts';
import type { MediaIndex, SkippedTrack } from './media-index.ts';
import type { ByteSource } from './source.ts';
import type { SourceScan } from './source-scan.ts';

/**
 * Indexes Matroska or WebM. The file is read once from front to back in a window of fixed size, whether it
 * has cues or not, so time grows with its size; memory grows with its packets only.
 */
export class MatroskaScan implements SourceScan {
  readonly #size: number;
  readonly #blocks: BlockScan;

  /** `size`: bytes that the file has, or will have. */
  constructor(size: number, limits: IndexLimits) {
    this.#size = size;
    this.#blocks = new BlockScan({ samplesLeft: maxSamples(limits), sourceSize: size });
  }

  get sampleCount(): number {
    return this.#blocks.tracks?.reduce((sum, { list }) => sum + list.count, 0) ?? 0;
  }

  advance(part: ByteSource, whole: boolean): Promise<void> {
    return this.#blocks.advance(new ByteWindow(part), whole);
  }

  async index(part: ByteSource, whole: boolean): Promise<MediaIndex> {
    const { docType, tick, tracks } = this.#blocks;
    if (!tracks) throw new PackagerError('truncated', 'The file ends before its tracks are told.');
    if (!whole) awaitAll(tracks.map(({ list }) => list.count));
    const filled = tracks.filter(({ list }) => list.count > 0);
    if (filled.length === 0) throw new PackagerError('truncated', 'The file ends before its media.');
    const skipped = filled.flatMap(({ track }): SkippedTrack[] => {
      const { kind, codecId, encrypted } = track;
      if (!encrypted || (kind !== 'video' && kind !== 'audio')) return [];
      return [{ kind, format: codecId.slice(0, 40), reason: 'The track is encrypted.' }];
    });
    const readable = filled.filter(({ track }) => !track.encrypted);
    const video = await videoOf(part, readable, tick);
    const audio = [];
    for (const one of readable) if (one.track.kind === 'audio') audio.push(await soundOf(part, one, tick));
    const container = docType === 'webm' ? 'webm' : 'mkv';
    return assembleIndex({ container, sourceSize: this.#size, video, audio, skipped, growing: !whole });
  }
}
