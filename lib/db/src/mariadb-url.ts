import type { PoolOptions } from 'mysql2';

/** Connections at once where the URL does not say. */
const CONNECTIONS = 10;
/** Seconds; a statement that takes longer has met a server that hangs. */
const PATIENCE_S = 30;
const OPTIONS = ['socket', 'connections', 'patience', 'tls'];
const CONNECT_MS = 5000;

/**
 * What `mysql://<user>:<password>@<host>[:<port>]/<schema>[?<option>&…]` means to the driver. Options: `socket` (path of a
 * Unix socket), `connections` (at most at once), `patience` (seconds that a statement may take), `tls=yes` (with a certificate that the system trusts) or `tls=insecure`
 * (any certificate). Throws where it is not such a URL.
 */
export function mariaDbOptions(text: string): PoolOptions & { readonly patienceMs: number } {
  const url = new URL(text.replace(/^mariadb:/, 'mysql:'));
  const schema = decodeURIComponent(url.pathname.slice(1));
  if (!/^[\w$-]{1,64}$/.test(schema))
    throw new Error('a database URL names its schema: mysql://user:password@host/schema');
  const patience = Number(url.searchParams.get('patience') ?? PATIENCE_S);
  if (!(patience > 0)) throw new Error('patience= is a number of seconds');
  return { ...accessOf(url), database: schema, patienceMs: patience * 1000 };
}

/** As above without a schema: the server itself, for who makes schemas in it. */
export function mariaDbServerOptions(text: string): PoolOptions {
  return accessOf(new URL(text.replace(/^mariadb:/, 'mysql:')));
}

function accessOf(url: URL): PoolOptions {
  const { searchParams: options } = url;
  const unknown = [...options.keys()].filter((name) => !OPTIONS.includes(name));
  if (unknown.length > 0) throw new Error(`a database URL has no option "${unknown[0]}"`);
  const [socketPath, tls] = [options.get('socket'), options.get('tls')];
  const connections = Number(options.get('connections') ?? CONNECTIONS);
  if (!Number.isInteger(connections) || connections < 1)
    throw new Error('connections= is a number of at least 1');
  return {
    ...(socketPath
      ? { socketPath }
      : { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 3306) }),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    ...(tls ? { ssl: { rejectUnauthorized: tls !== 'insecure' } } : {}),
    connectionLimit: connections,
    connectTimeout: CONNECT_MS,
    charset: 'utf8mb4_bin',
    // Everything that is not text or bytes is a number, as with SQLite: sums are decimals here.
    decimalNumbers: true,
    supportBigNumbers: true,
    bigNumberStrings: false,
    dateStrings: true,
  };
}
