/** Whether a visitor asks not to be followed: Global Privacy Control (`Sec-GPC: 1`) or `DNT: 1`. */
export const isPrivate = (header: (name: string) => string | null | undefined): boolean =>
  header('sec-gpc')?.trim() === '1' || header('dnt')?.trim() === '1';
