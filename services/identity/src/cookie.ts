import { createHmac, timingSafeEqual } from 'node:crypto';

/** The session row decides when a session ends; the cookie only has to live as long as a row may be renewed. */
const MAX_AGE_S = 400 * 24 * 3600; // the longest that browsers keep (RFC 6265bis §5.5)

/**
 * The session cookie. better-auth writes and signs it (`<token>.<HMAC-SHA-256 in base64>`, percent-encoded);
 * here it is read, verified and ended. `__Host-` under https, so that no sibling host can plant one.
 */
export class SessionCookie {
  readonly prefix: string;
  readonly secure: boolean;
  readonly #secret: string;

  constructor(baseUrl: string, secret: string) {
    this.secure = new URL(baseUrl).protocol === 'https:';
    this.prefix = this.secure ? '__Host-ptsdly' : 'ptsdly';
    this.#secret = secret;
  }

  get name(): string {
    return this.prefix;
  }

  /** The session token in a cookie value as it came, or undefined when our signature is not on it. */
  token(value: string): string | undefined {
    const decoded = decode(value);
    const dot = decoded.lastIndexOf('.');
    const token = decoded.slice(0, Math.max(0, dot));
    const expected = createHmac('sha256', this.#secret).update(token).digest();
    const signature = Buffer.from(decoded.slice(dot + 1), 'base64');
    const valid = signature.length === expected.length && timingSafeEqual(signature, expected);
    return valid && token ? token : undefined;
  }

  /** The session token in a `Cookie` header, if a valid one is there. */
  tokenOf(headers: Headers): string | undefined {
    const value = this.valueOf(headers, this.name);
    return value === undefined ? undefined : this.token(value);
  }

  /** The value of a cookie as it came. */
  valueOf(headers: Headers, name: string): string | undefined {
    for (const part of (headers.get('cookie') ?? '').split(/;\s*/)) {
      const equals = part.indexOf('=');
      if (part.slice(0, equals) === name) return part.slice(equals + 1);
    }
    return undefined;
  }

  /** The `Set-Cookie` line that begins the session behind a token, as better-auth would sign it. */
  begun(token: string): string {
    const signature = createHmac('sha256', this.#secret).update(token).digest('base64');
    return this.#write(this.name, encodeURIComponent(`${token}.${signature}`), MAX_AGE_S);
  }

  /** The `Set-Cookie` line of a cookie of ours beside the session, `<prefix>.<name>`; 0 seconds take it away. */
  line(name: string, value: string, seconds: number): string {
    return this.#write(`${this.prefix}.${name}`, value, seconds);
  }

  #write(name: string, value: string, seconds: number): string {
    const secure = this.secure ? '; Secure' : '';
    return `${name}=${value}; Max-Age=${seconds}; Path=/; HttpOnly${secure}; SameSite=Lax`;
  }

  /** True for a `Set-Cookie` line that begins a session. */
  begins(line: string): boolean {
    return line.startsWith(`${this.name}=`) && !/^[^=]+=(;|$)/.test(line);
  }

  /** The `Set-Cookie` line that begins a session, with the lifetime of ours. */
  lasting(line: string): string {
    return this.begins(line) ? line.replace(/Max-Age=\d+/i, `Max-Age=${MAX_AGE_S}`) : line;
  }

  /** The `Set-Cookie` line that takes the cookie away. */
  ended(): string {
    return this.#write(this.name, '', 0);
  }
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return '';
  }
}
