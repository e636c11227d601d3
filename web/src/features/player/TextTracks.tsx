import type { Chapter, Subtitle } from '@ptsdly/contract';
import { useEffect, useMemo, useRef, useState } from 'react';

/** A storyboard that is not there yet is asked for again after this. */
const askAgainAfter = 10_000;

interface TextTracksProps {
  readonly captions: readonly Subtitle[];
  readonly chapters: readonly Chapter[];
  /** Seconds. */
  readonly duration: number;
  /** Once somebody reaches for the time line. */
  readonly storyboardUrl: string | null;
}

/** Captions, chapters and thumbnails as children of the video element, where its controls look for them. */
export function TextTracks({ captions, chapters, duration, storyboardUrl }: TextTracksProps) {
  const chaptersUrl = useChapters(chapters, duration);
  const [attempt, setAttempt] = useState(0);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const later = () => {
    timer.current = setTimeout(() => setAttempt((before) => before + 1), askAgainAfter);
  };
  return (
    <>
      {captions.map(({ id, url, language, label }) => (
        <track key={id} id={`caption-${id}`} kind="subtitles" src={url} srcLang={language} label={label} />
      ))}
      {chaptersUrl && <track key={chaptersUrl} kind="chapters" src={chaptersUrl} default />}
      {storyboardUrl && (
        <track
          key={attempt}
          kind="metadata"
          label="thumbnails"
          src={storyboardUrl}
          default
          onError={later}
          onLoad={(event) => event.currentTarget.track.cues?.length === 0 && later()}
        />
      )}
    </>
  );
}

/** The chapters as a WebVTT file of this page; media-chrome reads them only from one. */
function useChapters(chapters: readonly Chapter[], duration: number): string | null {
  const text = useMemo(() => writeChapters(chapters, duration), [chapters, duration]);
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    if (text === null) return;
    const made = URL.createObjectURL(new Blob([text], { type: 'text/vtt' }));
    setUrl(made);
    return () => {
      setUrl(null);
      URL.revokeObjectURL(made);
    };
  }, [text]);
  return url;
}

/** WebVTT chapter cues (W3C WebVTT §4.4); null without chapters. */
export function writeChapters(chapters: readonly Chapter[], duration: number): string | null {
  const cues = chapters.flatMap(({ startAt, title }, i) => {
    const end = chapters[i + 1]?.startAt ?? duration;
    const words = title
      .replace(/[\r\n]+/g, ' ')
      .replace(/&/g, '&amp;')
      .replace(/</g, '&lt;')
      .replace(/-->/g, '→');
    return end > startAt ? [`${clock(startAt)} --> ${clock(end)}\n${words}\n`] : [];
  });
  return cues.length > 0 ? ['WEBVTT\n', ...cues].join('\n') : null;
}

function clock(seconds: number): string {
  const ms = Math.round(seconds * 1000);
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  return `${two(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1000) % 60)}.${String(ms % 1000).padStart(3, '0')}`;
}
