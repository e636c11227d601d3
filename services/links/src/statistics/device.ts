export const devices = ['phone', 'tablet', 'desktop', 'tv', 'other'] as const;
export type Device = (typeof devices)[number];

/** The class of a viewer's device; nothing finer is looked at. The first that fits wins. */
const marks: readonly (readonly [Device, RegExp])[] = [
  ['tv', /\btv\b|smart-?tv|appletv|web0s|tizen.*tv|bravia|roku/i],
  ['tablet', /ipad|tablet|kindle|silk\/|android(?!.*mobile)/i],
  ['phone', /mobi|iphone|ipod|android/i],
  ['desktop', /windows nt|macintosh|cros |x11|linux/i],
];

export function deviceOf(userAgent: string): Device {
  return marks.find(([, mark]) => mark.test(userAgent))?.[0] ?? 'other';
}
