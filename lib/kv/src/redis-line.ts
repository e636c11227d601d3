import { setTimeout as pause } from 'node:timers/promises';
import { Redis, type RedisOptions } from 'ioredis';
import { closedError, KvError } from './kv-error.ts';
import { applyScript, type Script, scanScript } from './redis-scripts.ts';
import type { RedisPlace } from './redis-url.ts';

const CONNECT_MS = 5000;
/** Silence after a command, after which the connection is given up. */
const SILENCE_MS = 5000;
/** After a loss, calls wait this long for the next connection; later ones fail at once. */
const PATIENCE_MS = 1000;
const RETRY_MS = [20, 50, 100, 200, 500, 1000];
/** BYLEX ranges in scripts, several fields in one HSET, and what Debian and Valkey ship. */
const OLDEST = [6, 2] as const;

type Argument = string | Buffer | number;

/**
 * One connection to Redis for all of a store's calls, so that a read that follows a write sees it. It comes back
 * by itself after a loss. No write is ever sent twice: one that was on its way when the connection broke is rejected,
 * and whether Redis has done it is not known.
 */
export class RedisLine {
  readonly #redis: Redis;
  #ready = Promise.withResolvers<void>();
  /** 0 while there is a connection. */
  #lostAt = performance.now();
  #closed = false;

  private constructor(place: RedisPlace) {
    const redis = new Redis(redisOptions(place));
    this.#redis = redis;
    this.#ready.promise.catch(() => undefined);
    redis.on('ready', () => this.#found());
    redis.on('close', () => this.#lost());
    redis.on('end', () => this.#ended());
    redis.on('error', () => undefined); // each call says by itself that Redis is away
  }

  /** Connects. Rejects with a plain sentence when Redis is away, refuses us, or would not keep the data. */
  static async open(place: RedisPlace): Promise<RedisLine> {
    const line = new RedisLine(place);
    let reason: unknown;
    line.#redis.once('error', (error) => {
      reason = error;
    });
    try {
      await line.#redis.connect();
      checkServer(await line.#redis.info());
      return line;
    } catch (cause) {
      line.close();
      if (cause instanceof KvError) throw cause;
      const why = withoutArguments(reason ?? cause).message;
      throw new KvError(`Redis at ${place.host}:${place.port} could not be opened: ${why}`);
    }
  }

  /** A field of a hash; null when it is not there. */
  field(hash: string, key: string): Promise<string | null> {
    return this.#reading(() => this.#redis.hget(hash, key));
  }

  /** Runs a script that only reads. */
  read(script: Script, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    return this.#reading(() => this.#evaluate(script, keys, args));
  }

  /** Runs a script that may write. The command is sent before this returns, when there is a connection. */
  async write(script: Script, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    if (this.#redis.status !== 'ready') await this.#connected();
    return this.#evaluate(script, keys, args).catch(failed);
  }

  /** What only reads may be sent again when the connection was lost before the answer. */
  async #reading<T>(command: () => Promise<T>): Promise<T> {
    for (let deadline = 0; ; ) {
      if (this.#redis.status !== 'ready') await this.#connected();
      try {
        return await command();
      } catch (cause) {
        deadline ||= performance.now() + PATIENCE_MS;
        const lost = (cause as Error).name !== 'ReplyError' && !this.#closed;
        if (!lost || performance.now() > deadline) return failed(cause);
        await pause(RETRY_MS[0]); // the client may not have noticed yet
      }
    }
  }

  #evaluate(script: Script, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    return this.#redis.evalsha(script.sha, keys.length, ...keys, ...args).catch((cause: Error) => {
      if (!cause.message.startsWith('NOSCRIPT')) throw cause;
      // Somebody has emptied the cache of scripts. Nothing was done.
      return this.#redis.eval(script.lua, keys.length, ...keys, ...args);
    });
  }

  close(): void {
    this.#closed = true;
    this.#ready.reject(closedError());
    this.#redis.disconnect();
  }

  async #connected(): Promise<void> {
    const left = this.#lostAt + PATIENCE_MS - performance.now();
    const away = Promise.withResolvers<never>();
    const timer = setTimeout(() => away.reject(new KvError('Redis is away')), Math.max(0, left));
    await Promise.race([this.#ready.promise, away.promise]).finally(() => clearTimeout(timer));
  }

  #found(): void {
    for (const { lua } of [applyScript, scanScript]) {
      this.#redis.script('LOAD', lua).catch(() => undefined);
    }
    this.#lostAt = 0;
    this.#ready.resolve();
  }

  /** Also after each attempt to connect that fails; the first loss counts. */
  #lost(): void {
    if (this.#closed || this.#lostAt > 0) return;
    this.#lostAt = performance.now();
    this.#ready = Promise.withResolvers();
    this.#ready.promise.catch(() => undefined);
  }

  /** The client gives up where Redis refuses it, for instance in the middle of a change of passwords; we do not. */
  #ended(): void {
    if (this.#closed) return;
    setTimeout(() => {
      if (!this.#closed) this.#redis.connect().catch(() => undefined);
    }, RETRY_MS.at(-1)).unref();
  }
}

/** How every connection of ours to Redis behaves: it comes back by itself, and sends nothing twice. */
export function redisOptions({ host, port, db, username, password, tls }: RedisPlace): RedisOptions {
  return {
    host,
    port,
    db,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls ? { tls: { servername: host } } : {}),
    connectionName: 'ptsdly',
    lazyConnect: true,
    enableAutoPipelining: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    retryStrategy: (times) => RETRY_MS[Math.min(times, RETRY_MS.length) - 1],
    // It has become a replica: look for the new one behind the same name.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  };
}

/** Throws a sentence where the server is too old, or set up to throw data away. */
function checkServer(info: string): void {
  const field = (name: string) => new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(info)?.[1] ?? '';
  const version = field('redis_version');
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (version !== '' && (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]))) {
    throw new KvError(`Redis ${version} is too old; ${OLDEST.join('.')} or newer is needed`);
  }
  const policy = field('maxmemory_policy');
  if (policy.startsWith('allkeys')) {
    throw new KvError(`Redis would throw links away (maxmemory-policy ${policy}); set it to noeviction`);
  }
}

function failed(cause: unknown): never {
  const { message } = cause as Error;
  const full = /^(OOM|MISCONF|NOREPLICAS)/.test(message);
  const sentence = full ? 'Redis takes no writes' : 'Redis did not answer properly';
  const code = message.startsWith('OOM') ? 'ENOSPC' : undefined;
  throw new KvError(sentence, { cause: withoutArguments(cause), code });
}

/** The client's errors carry the command, and with it keys and values, which no log may see. */
function withoutArguments(error: unknown): Error {
  const text = String((error as Error).message).split(', with args')[0] as string;
  const clean = new Error(text);
  clean.name = String((error as Error).name);
  return clean;
}
