import { useEffect, useRef, useState } from 'react';
import { useStoryboardQuery } from '../../api/pictures.ts';
import type { StoryboardPicture } from '../../api/storyboard.ts';
import styles from './HoverPreview.module.css';

/** A pointer that only passes by starts nothing. */
const patience = 200;

/** Pictures of the video under the mouse: where it points from left to right is where in the video it looks. */
export function HoverPreview({ storyboardUrl }: { storyboardUrl: string }) {
  const [part, setPart] = useState<number | null>(null);
  const [isWanted, setWanted] = useState(false);
  const root = useRef<HTMLSpanElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const { data: pictures } = useStoryboardQuery(storyboardUrl, { skip: !isWanted });
  useEffect(() => () => clearTimeout(timer.current), []);
  const enter = (event: React.PointerEvent) => {
    if (event.pointerType !== 'mouse') return;
    clearTimeout(timer.current);
    timer.current = setTimeout(setWanted, patience, true);
  };
  const move = (event: React.PointerEvent<HTMLSpanElement>) => {
    if (event.pointerType !== 'mouse') return;
    const { left, width } = event.currentTarget.getBoundingClientRect();
    setPart(Math.min(0.999, Math.max(0, (event.clientX - left) / width)));
  };
  const leave = () => {
    clearTimeout(timer.current);
    setPart(null);
  };
  const picture = part !== null && isWanted ? pictures?.[Math.floor(part * pictures.length)] : undefined;
  return (
    <span
      ref={root}
      className={styles.root}
      onPointerEnter={enter}
      onPointerMove={move}
      onPointerLeave={leave}
    >
      {picture && root.current && (
        <>
          <span className={styles.picture} style={place(picture, root.current)} data-testid="hover-preview" />
          <span className={styles.line} style={{ transform: `scaleX(${part})` }} />
        </>
      )}
    </span>
  );
}

/** One part of a sheet, large enough to cover the frame. */
function place({ sheet, x, y, width, height }: StoryboardPicture, frame: HTMLElement): React.CSSProperties {
  const scale = Math.max(frame.clientWidth / width, frame.clientHeight / height);
  return {
    width,
    height,
    backgroundImage: `url("${sheet}")`,
    backgroundPosition: `-${x}px -${y}px`,
    transform: `translate(-50%, -50%) scale(${scale})`,
  };
}
