/**
 * The media engine: indexes an MP4 or MOV once, then computes HLS playlists and fMP4 segments from it.
 *
 * @example
 * const index = await indexSource(source);
 * const presentation = createPresentation(index);
 * presentation.masterPlaylist();
 * await readSegment(source, presentation.segment('v0', 0));
 */

export { type CombinedFile, createCombined, type PlacedTrack } from './combined.ts';
export { continues } from './continuation.ts';
export { PackagerError, type PackagerErrorCode } from './error.ts';
export type { SegmentPlan } from './fragment.ts';
export { decodeIndex, encodeIndex } from './index-file.ts';
export type { IndexLimits } from './index-limits.ts';
export { indexSource, OPENING_BYTES, openScan } from './index-source.ts';
export { joinVideo, type VideoPart } from './joined-index.ts';
export { type KeyPictureOptions, type KeyPictures, keyPictures } from './key-pictures.ts';
export type {
  AudioFormat,
  AudioTrack,
  Chapter,
  Container,
  MediaIndex,
  Playability,
  Rotation,
  Samples,
  SkippedTrack,
  SubtitleTrack,
  TransportRewrite,
  VideoFormat,
  VideoTrack,
} from './media-index.ts';
export { indexMovie } from './movie.ts';
export { MovieScan } from './movie-file.ts';
export { locateMovie, type MovieLocation } from './movie-location.ts';
export { type OutsideSource, outsideIndex } from './outside-index.ts';
export { forBrowsers, isSegmentable, obstacleOf } from './playability.ts';
export {
  type ListedTrack,
  listSegments,
  type MasterSound,
  type MasterVariant,
  writeMaster,
} from './playlists.ts';
export {
  createPresentation,
  displaySize,
  type Presentation,
  type PresentationOptions,
  presentVideo,
} from './presentation.ts';
export type { PresentedTrack } from './presented-track.ts';
export { createProgressive, type ProgressiveFile } from './progressive.ts';
export { type Reach, reachOf } from './reach.ts';
export { readSegment } from './segment-reader.ts';
export { AAC_PACKET, joinSound, placeSound, type SoundPart, type SoundPlace } from './sound-parts.ts';
export { type ByteSource, bytesSource, NotArrived } from './source.ts';
export type { SourceScan } from './source-scan.ts';
export { type Cue, readChapters, readCues, writeWebVtt } from './subtitles.ts';
export { rewriteTransport, type TransportSpan } from './transport-rewriter.ts';
export { type WindowFile, windowFile } from './window-file.ts';
