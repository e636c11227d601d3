/** Strokes on a 24 × 24 field; drawn for this product. */
const paths = {
  play: 'M8 5.5v13l10.5-6.5z',
  pause: 'M8.5 6v12M15.5 6v12',
  upload: 'M12 16V5m0 0L7.5 9.5M12 5l4.5 4.5M5 19h14',
  download: 'M12 5v11m0 0 4.5-4.5M12 16l-4.5-4.5M5 19.5h14',
  share: 'M12 14.5V4m0 0L8.2 7.8M12 4l3.8 3.8M7 11H5.5v9h13v-9H17',
  link: 'M10 14a4 4 0 0 0 5.7 0l3-3a4 4 0 0 0-5.7-5.7l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1-1',
  copy: 'M9 9h10v11H9zM15 9V4.5H5V16h4',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  close: 'M6 6l12 12M18 6 6 18',
  more: 'M12 5.5v.01M12 12v.01M12 18.5v.01',
  edit: 'M4.5 19.5h4L19 9a2.1 2.1 0 0 0-4-4L4.5 15.5z',
  trash: 'M5 7h14M10 7V4.5h4V7m-7.5 0 1 12.5h9l1-12.5M10.5 11v5M13.5 11v5',
  retry: 'M19 12a7 7 0 1 1-2.2-5.1M19 4v4h-4',
  back: 'M14.5 6 8.5 12l6 6',
  forward: 'm9.5 6 6 6-6 6',
  down: 'm6.5 9.5 5.5 5.5 5.5-5.5',
  up: 'm6.5 14.5 5.5-5.5 5.5 5.5',
  eye: 'M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 9.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6',
  eyeOff:
    'M4 4l16 16M9.5 6a9 9 0 0 1 2.5-.5c6 0 9.5 6.5 9.5 6.5a17 17 0 0 1-3 3.7M6.3 7.8A16 16 0 0 0 2.5 12S6 18.5 12 18.5a9 9 0 0 0 4.2-1.1M10 10.2a2.8 2.8 0 0 0 3.8 4',
  lock: 'M6.5 11h11v8.5h-11zM8.5 11V8a3.5 3.5 0 0 1 7 0v3M12 14.5v2',
  stop: 'M7 7h10v10H7z',
  leaf: 'M5 19c0-9 5-13.5 14-14 .5 9-4 14-11 13M5 19l6.5-7.5',
  quiet: 'M12 4.5a7.5 7.5 0 1 0 7.5 7.5A6 6 0 0 1 12 4.5z',
  user: 'M12 12.2a3.8 3.8 0 1 0 0-7.7 3.8 3.8 0 0 0 0 7.7zM4.8 19.8c.9-3.4 3.7-5 7.2-5s6.3 1.6 7.2 5',
  globe:
    'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM4 12h16M12 4c2.2 2.2 3.2 5 3.2 8s-1 5.8-3.2 8c-2.2-2.2-3.2-5-3.2-8s1-5.8 3.2-8z',
  alert: 'M12 8v5.5M12 16.8v.01M12 3.8 2.8 19.5h18.4z',
  settings:
    'M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM19.2 13.6l1.6 1.2-1.9 3.3-1.9-.7a7 7 0 0 1-2.4 1.4l-.3 2h-3.8l-.3-2a7 7 0 0 1-2.4-1.4l-1.9.7L4 14.8l1.6-1.2a7 7 0 0 1 0-3.2L4 9.2l1.9-3.3 1.9.7a7 7 0 0 1 2.4-1.4l.3-2h3.8l.3 2A7 7 0 0 1 17 6.6l1.9-.7 1.9 3.3-1.6 1.2a7 7 0 0 1 0 3.2z',
  captions: 'M4 5.5h16v13H4zM10.5 10.6a2 2 0 1 0 0 2.8M16.5 10.6a2 2 0 1 0 0 2.8',
  image: 'M4 5.5h16v13H4zM4.5 16l4.5-4.5 3.5 3.5 2.5-2.5 4.5 4.5M15.5 9.2v.01',
  external: 'M13.5 5H19v5.5M19 5l-8 8M16.5 14v5H5V7.5h5',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  const filled = name === 'play' || name === 'stop';
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill={filled ? 'currentColor' : 'none'}
      stroke="currentColor"
      strokeWidth={name === 'more' ? 2.6 : 1.8}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={paths[name]} />
    </svg>
  );
}
