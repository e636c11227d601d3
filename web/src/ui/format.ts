const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

const made = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

/** A formatter costs a hundred times what it is used for, so each is made once. */
function once<T extends Intl.NumberFormat | Intl.DateTimeFormat>(key: string, make: () => T): T {
  const known = made.get(key) as T | undefined;
  if (known) return known;
  const format = make();
  made.set(key, format);
  return format;
}

/** Powers of 1000, as plans are counted, with no more digits than matter. */
export function formatBytes(bytes: number, language: string): string {
  const step = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor((Math.log10(bytes) + 1e-9) / 3));
  const value = bytes / 1000 ** step;
  const digits = value < 10 && step > 1 ? 1 : 0;
  const unitDisplay = step === 0 ? 'long' : 'short';
  return once(`bytes ${language} ${step} ${digits}`, () => {
    const unit = { style: 'unit', unit: units[step], unitDisplay, maximumFractionDigits: digits } as const;
    return new Intl.NumberFormat(language, unit);
  }).format(value);
}

/** `1:05`, `2:03:09`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}

/** `12초`, `3 min`: the largest unit that fits. */
export function formatTimeLeft(seconds: number, language: string): string {
  const [value, unit] =
    seconds < 60
      ? [seconds, 'second']
      : seconds < 3600
        ? [Math.round(seconds / 60), 'minute']
        : [seconds / 3600, 'hour'];
  return new Intl.NumberFormat(language, {
    style: 'unit',
    unit,
    unitDisplay: 'short',
    maximumFractionDigits: unit === 'hour' ? 1 : 0,
  }).format(value);
}

/** Money in minor units; KRW has none, so the currency says how many there are. */
export function formatPrice(amount: number, currency: string, language: string): string {
  const format = new Intl.NumberFormat(language, {
    style: 'currency',
    currency,
    trailingZeroDisplay: 'stripIfInteger',
  });
  const digits =
    new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 0;
  return format.format(amount / 10 ** digits);
}

export const formatCount = (count: number, language: string) => new Intl.NumberFormat(language).format(count);

export const formatPercent = (part: number, language: string) =>
  once(
    `percent ${language}`,
    () => new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 0 }),
  ).format(Math.floor(part * 100) / 100);

export const formatDate = (iso: string, language: string) =>
  once(`date ${language}`, () => new Intl.DateTimeFormat(language, { dateStyle: 'medium' })).format(
    new Date(iso),
  );

/** As short as it is clear: without the year where that is this one. */
export function formatDay(iso: string, language: string): string {
  const day = new Date(iso);
  if (day.getFullYear() !== new Date().getFullYear()) return formatDate(iso, language);
  const make = () => new Intl.DateTimeFormat(language, { month: 'short', day: 'numeric' });
  return once(`day ${language}`, make).format(day);
}

export const formatMoment = (iso: string, language: string) =>
  new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(iso));
