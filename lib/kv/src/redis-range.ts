import type { Range } from './kv.ts';

/** Behind every key that begins with a prefix: UTF-8 never has this byte. */
const BEHIND = Buffer.from([0xff]);
const INCLUDED = Buffer.from('[');
const EXCLUDED = Buffer.from('(');

interface Bound {
  readonly bytes: Buffer;
  readonly included: boolean;
}

/** The bounds of a range as `ZRANGEBYLEX` (or, in reverse, `ZREVRANGEBYLEX`) takes them: bytes behind `[` or `(`. */
export function lexRange({ prefix, start, after, reverse = false }: Range): { from: Buffer; to: Buffer } {
  const low: Bound = { bytes: Buffer.from(prefix), included: true };
  const high: Bound = { bytes: Buffer.concat([low.bytes, BEHIND]), included: false };
  const bounds = [reverse ? high : low];
  if (start !== undefined) bounds.push({ bytes: Buffer.from(start), included: true });
  if (after !== undefined) bounds.push({ bytes: Buffer.from(after), included: false });
  const furthest = bounds.reduce((a, b) => (isFurther(b, a, reverse) ? b : a));
  return { from: encode(furthest), to: encode(reverse ? low : high) };
}

function isFurther(one: Bound, other: Bound, reverse: boolean): boolean {
  const order = one.bytes.compare(other.bytes) * (reverse ? -1 : 1);
  return order > 0 || (order === 0 && !one.included);
}

const encode = ({ bytes, included }: Bound) => Buffer.concat([included ? INCLUDED : EXCLUDED, bytes]);
