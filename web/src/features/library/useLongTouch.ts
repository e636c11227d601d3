import { type PointerEvent, useRef } from 'react';

const long = 450;
const farthest = 12;

/** Tells a finger that rests from one that taps or scrolls. The click that follows a long touch is swallowed. */
export function useLongTouch(onLong: () => void) {
  const touch = useRef<{ timer: ReturnType<typeof setTimeout>; x: number; y: number }>(undefined);
  const swallow = useRef(false);
  const end = () => clearTimeout(touch.current?.timer);
  return {
    swallows: () => {
      const swallowed = swallow.current;
      swallow.current = false;
      return swallowed;
    },
    props: {
      onPointerDown: ({ pointerType, clientX: x, clientY: y }: PointerEvent) => {
        swallow.current = false;
        if (pointerType !== 'touch') return;
        const timer = setTimeout(() => {
          swallow.current = true;
          navigator.vibrate?.(10);
          onLong();
        }, long);
        touch.current = { timer, x, y };
      },
      onPointerMove: ({ clientX, clientY }: PointerEvent) => {
        const from = touch.current;
        if (from && Math.hypot(clientX - from.x, clientY - from.y) > farthest) end();
      },
      onPointerUp: end,
      onPointerCancel: end,
    },
  };
}
