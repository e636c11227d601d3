import type { CallInput, Link, linksApi } from '@ptsdly/contract';
import { type Expiry, expiresAt } from './expiry.ts';
import { originsOf } from './recipients.ts';

export type Views = 'any' | 'once' | 'count';

/** What the settings of a link look like while somebody types. Moments are local, as the browser's field has them. */
export interface LinkForm {
  readonly alias: string;
  readonly label: string;
  readonly recipient: string;
  readonly speed: string;
  readonly framing: 'any' | 'none' | 'some';
  /** Sites, with spaces between them. */
  readonly embedOrigins: string;
  readonly opensAt: string;
  readonly expiry: Expiry | 'at';
  readonly expiresAt: string;
  readonly views: Views;
  readonly maxViews: string;
  readonly locked: boolean;
  /** Empty: the one that the link has. */
  readonly password: string;
  readonly startAt: string;
  readonly endAt: string;
  readonly allowDownload: boolean;
}

export type LinkChanges = CallInput<typeof linksApi.updateLink>['body'];

/** Fields that cannot be sent as they stand. */
export type Faults = Partial<Record<keyof LinkForm, 'clock' | 'number' | 'order' | 'missing' | 'site'>>;

export function formOf(link: Link): LinkForm {
  return {
    alias: link.alias ?? '',
    label: link.label ?? '',
    recipient: link.recipient ?? '',
    speed: String(link.speed ?? 1),
    framing: link.embedOrigins === null ? 'any' : link.embedOrigins.length === 0 ? 'none' : 'some',
    embedOrigins: link.embedOrigins?.join(' ') ?? '',
    opensAt: localOf(link.opensAt),
    expiry: link.expiresAt === null ? 'never' : 'at',
    expiresAt: localOf(link.expiresAt),
    views: link.maxViews === null ? 'any' : link.maxViews === 1 ? 'once' : 'count',
    maxViews: String(link.maxViews ?? 10),
    locked: link.hasPassword,
    password: '',
    startAt: clockOf(link.startAt),
    endAt: clockOf(link.endAt),
    allowDownload: link.allowDownload,
  };
}

export function faultsOf(form: LinkForm, link: Link): Faults {
  const faults: Faults = {};
  const [start, end] = [parseClock(form.startAt), parseClock(form.endAt)];
  if (start === undefined) faults.startAt = 'clock';
  if (end === undefined) faults.endAt = 'clock';
  if (end && end <= (start ?? 0)) faults.endAt = 'order';
  if (form.views === 'count' && !/^[1-9]\d{0,5}$/.test(form.maxViews.trim())) faults.maxViews = 'number';
  if (form.locked && !link.hasPassword && form.password === '') faults.password = 'missing';
  if (form.framing === 'some' && !originsOf(form.embedOrigins)?.length) faults.embedOrigins = 'site';
  if (form.expiry === 'at' && form.expiresAt === '') faults.expiresAt = 'missing';
  if (form.expiry === 'at' && form.opensAt !== '' && form.expiresAt <= form.opensAt)
    faults.expiresAt = 'order';
  return faults;
}

/** What saving the form changes; what stays as it was is not sent. */
export function changesOf(form: LinkForm, link: Link): LinkChanges {
  const before = formOf(link);
  const changed = (...fields: (keyof LinkForm)[]) => fields.some((field) => form[field] !== before[field]);
  return {
    ...(changed('alias') && { alias: form.alias.trim() || null }),
    ...(changed('label') && { label: form.label.trim() || null }),
    ...(changed('recipient') && { recipient: form.recipient.trim() || null }),
    ...(changed('speed') && { speed: form.speed === '1' ? null : Number(form.speed) }),
    ...(changed('framing', 'embedOrigins') && { embedOrigins: framesOf(form) }),
    ...(changed('opensAt') && { opensAt: momentOf(form.opensAt) }),
    ...(changed('expiry', 'expiresAt') && { expiresAt: endOf(form) }),
    ...(changed('views', 'maxViews') && { maxViews: viewsOf(form) }),
    ...(form.locked && form.password !== '' && { password: form.password }),
    ...(!form.locked && link.hasPassword && { password: null }),
    ...(changed('startAt') && { startAt: parseClock(form.startAt) ?? null }),
    ...(changed('endAt') && { endAt: parseClock(form.endAt) ?? null }),
    ...(changed('allowDownload') && { allowDownload: form.allowDownload }),
  };
}

const endOf = ({ expiry, expiresAt: at }: LinkForm) => (expiry === 'at' ? momentOf(at) : expiresAt(expiry));

const framesOf = ({ framing, embedOrigins }: LinkForm): string[] | null => {
  if (framing === 'any') return null;
  return framing === 'none' ? [] : (originsOf(embedOrigins) ?? []);
};

const viewsOf = ({ views, maxViews }: LinkForm) =>
  views === 'any' ? null : views === 'once' ? 1 : Number(maxViews);

/** `2026-11-23T09:30` here, as a moment. */
const momentOf = (local: string) => (local === '' ? null : new Date(local).toISOString());

function localOf(iso: string | null): string {
  if (iso === null) return '';
  const at = new Date(iso);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** Seconds of `90`, `1:30` or `1:02:03`; null of nothing, undefined of anything else. */
export function parseClock(text: string): number | null | undefined {
  const clock = text.trim();
  if (clock === '') return null;
  if (!/^\d{1,5}(:[0-5]?\d){0,2}(\.\d{1,3})?$/.test(clock)) return undefined;
  return clock.split(':').reduce((seconds, part) => seconds * 60 + Number(part), 0);
}

function clockOf(seconds: number | null): string {
  if (seconds === null) return '';
  const [whole, fraction] = String(seconds).split('.');
  const total = Number(whole);
  const parts = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  if (parts[0] === 0) parts.shift();
  const text = parts.map((part, at) => (at === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
  return fraction ? `${text}.${fraction.slice(0, 3)}` : text;
}
