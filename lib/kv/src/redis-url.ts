const DEFAULT_PREFIX = 'ptsdly';
const DEFAULT_PORT = 6379;

/** Where a store lies in Redis. */
export interface RedisPlace {
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly tls: boolean;
  /** Apart from other stores, and other applications, in the same database. */
  readonly prefix: string;
}

/**
 * Reads `redis://[user:password@]host[:port][/db][?prefix=name]`, or `rediss://` for TLS. Throws a sentence that
 * repeats nothing of the URL, because a password may stand in it.
 */
export function readRedisUrl(text: string): RedisPlace {
  const url = URL.parse(text);
  const db = /^\/?(\d{0,5})$/.exec(url?.pathname ?? '');
  if (!url?.hostname || !db || url.hash) {
    throw new Error('a Redis URL is redis://host:port/db?prefix=name, or rediss:// for TLS');
  }
  const unknown = [...url.searchParams.keys()].filter((name) => name !== 'prefix');
  if (unknown.length > 0) throw new Error('a Redis URL has no parameter but "prefix"');
  const prefix = url.searchParams.get('prefix') ?? DEFAULT_PREFIX;
  if (!/^[\w.:-]{1,64}$/.test(prefix)) {
    throw new Error('the prefix of a Redis URL is 1 to 64 letters, digits, "_", ".", ":" or "-"');
  }
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || DEFAULT_PORT),
    db: Number(db[1] || 0),
    username: decodeURIComponent(url.username) || undefined,
    password: decodeURIComponent(url.password) || undefined,
    tls: url.protocol === 'rediss:',
    prefix,
  };
}
