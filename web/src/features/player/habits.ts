const storageKey = 'ptsdly.player';
const placesKey = 'ptsdly.places';
/** Places of so many videos are kept. */
const mostPlaces = 100;
/** Nearer to the beginning or to the end than this, in seconds, it is watched from the start. */
const margin = 10;

/** How somebody likes to watch, on this device. */
export interface Habits {
  readonly rate: number;
  readonly captions: string | null;
  readonly normalise: boolean;
}

type Kept = Pick<Storage, 'getItem' | 'setItem'>;

export function loadHabits(storage?: Kept): Habits {
  const kept = read(storageKey, storage) as Partial<Habits> | null;
  const rate = typeof kept?.rate === 'number' && kept.rate >= 0.25 && kept.rate <= 2 ? kept.rate : 1;
  return {
    rate,
    captions: typeof kept?.captions === 'string' ? kept.captions : null,
    normalise: kept?.normalise === true,
  };
}

export function saveHabits(change: Partial<Habits>, storage?: Kept): void {
  write(storageKey, { ...loadHabits(storage), ...change }, storage);
}

/** Where a video was left, in seconds; null where it is best watched from its start. */
export function loadPlace(key: string, storage?: Kept): number | null {
  const place = new Map(places(storage)).get(key);
  return typeof place === 'number' && place > 0 ? place : null;
}

/** Notes where a video is, or forgets it near either end. */
export function savePlace(key: string, time: number, duration: number, storage?: Kept): void {
  const others = places(storage).filter(([other]) => other !== key);
  const worthIt = time > margin && time < duration - margin;
  const mine: [string, number][] = worthIt ? [[key, Math.floor(time)]] : [];
  if (worthIt || others.length < places(storage).length) {
    write(placesKey, [...others, ...mine].slice(-mostPlaces), storage);
  }
}

/** Oldest first. */
function places(storage?: Kept): [string, unknown][] {
  const kept = read(placesKey, storage);
  return Array.isArray(kept) ? kept.filter((entry) => Array.isArray(entry) && entry.length === 2) : [];
}

/** A browser that keeps nothing, or something else, is no hindrance. */
function read(key: string, storage?: Kept): unknown {
  try {
    return JSON.parse((storage ?? localStorage).getItem(key) ?? 'null');
  } catch {
    return null;
  }
}

function write(key: string, value: unknown, storage?: Kept): void {
  try {
    (storage ?? localStorage).setItem(key, JSON.stringify(value));
  } catch {
    // It holds on this page all the same.
  }
}
