import { createHash } from 'node:crypto';
import { Problem } from '@ptsdly/contract';
import type { Logger } from '@ptsdly/kit';

/** Characters, as a person counts them (NIST SP 800-63B §3.1.1.2 asks for length and a list, not for digits). */
const MIN_LENGTH = 10;

/** The most common ones of this length, with the Korean words that are typed on a Latin keyboard. */
const COMMON: ReadonlySet<string> = new Set(
  `0123456789 1234567890 12345678910 123456789a 1234567891 0987654321 9876543210 1029384756 1122334455 1212121212
  123123123123 123321123321 1234512345 12345qwert 1234qwer1234 147258369a 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx3edc
  1qazxsw23edc abc1234567 abcd123456 abcd1234abcd abcdefghij abcdefg123 administrator adminadmin admin12345
  asdf1234asdf asdfasdfasdf asdfghjkl1 asdfghjkl; baseball123 basketball blink182blink changeme123 charlie123
  computer123 dragon12345 facebook123 football123 freedom123 hello12345 helloworld iloveyou12 iloveyou123
  iloveyou1234 jordan12345 killer12345 letmein123 letmein1234 liverpool123 loveyou123 master12345 michael123
  minecraft123 monkey12345 mypassword nopassword p@ssw0rd123 p@ssword123 pass123456 pass1234567 passw0rd123
  passw0rd1234 password00 password01 password10 password11 password12 password123 password123! password1234
  password12345 password2024 password2025 password2026 passwordpassword pokemon123 princess123 q1w2e3r4t5
  q1w2e3r4t5y6 qazwsxedc1 qazwsxedcrfv qwer1234qwer qwerasdfzxcv qwerqwer1234 qwerty1234 qwerty12345 qwerty123456
  qwertyqwerty qwertyuiop qwertyuiop1 qwertyuiop123 samsung123 samsung1234 secret1234 starwars123 summer2025
  sunshine123 superman123 temppassword test123456 test1234567 testtest123 trustno1234 welcome123 welcome1234
  welcome2025 welcome2026 whatever123 zaq12wsxcde3 zxcvbnm123 zxcvbnm1234 qlalfqjsgh qlalfqjsgh1 dkssudgktpdy
  tkfkdgody1 tkfkdgo1004 tkfkdgo1234 dlwpaksgo1 eogksalsrnr gksrnrtkfka korea12345 korea123456`.split(/\s+/),
);

export interface BreachedPasswords {
  /** `https://api.pwnedpasswords.com` or its like; only the first five hex digits of a SHA-1 leave the house. */
  readonly url: string;
  readonly log: Logger;
}

/**
 * What a password must not be: short, common, the address itself, hardly varied, or among the breached ones. The list
 * of common ones is in the installation; the far larger one is asked only where it is configured.
 */
export class PasswordRules {
  readonly #breached: BreachedPasswords | undefined;
  #common: Promise<ReadonlySet<string>> | undefined;

  constructor(breached?: BreachedPasswords) {
    this.#breached = breached;
  }

  /** Rejects with `weak_password`. */
  async check(password: string, email: string): Promise<void> {
    const reason = weakness(password.normalize('NFKC'), email.toLowerCase()) ?? (await this.#known(password));
    if (!reason) return;
    throw new Problem('weak_password', { detail: reason, errors: [{ field: 'password', message: reason }] });
  }

  async #known(password: string): Promise<string | undefined> {
    this.#common ??= loadCommon();
    if ((await this.#common).has(password.normalize('NFKC').trim().toLowerCase())) {
      return 'This password is one of the most common ones.';
    }
    return (await this.#isBreached(password)) ? 'This password has appeared in a data breach.' : undefined;
  }

  /** k-anonymity (haveibeenpwned.com/API/v3#SearchingPwnedPasswordsByRange). Where it is away, nobody is kept out. */
  async #isBreached(password: string): Promise<boolean> {
    if (!this.#breached) return false;
    const hash = createHash('sha1').update(password).digest('hex').toUpperCase();
    try {
      const url = new URL(`/range/${hash.slice(0, 5)}`, this.#breached.url);
      const init = { headers: { 'add-padding': 'true' }, signal: AbortSignal.timeout(LOOK_UP_MS) };
      const lines = (await (await fetch(url, init)).text()).split(/\r?\n/);
      return lines.some((line) => line.startsWith(`${hash.slice(5)}:`) && !line.endsWith(':0'));
    } catch (error) {
      this.#breached.log.warn({ err: error }, 'the list of breached passwords is away');
      return false;
    }
  }
}

const LOOK_UP_MS = 2000;

/** The common ones that are long enough to be asked about at all; loaded when first needed. */
async function loadCommon(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  return new Set(
    dictionary['passwords-common'].filter((word) => String(word).length >= MIN_LENGTH).map(String),
  );
}

function weakness(password: string, email: string): string | undefined {
  const folded = password.trim().toLowerCase();
  if ([...password].length < MIN_LENGTH) return `Use at least ${MIN_LENGTH} characters.`;
  if (COMMON.has(folded)) return 'This password is one of the most common ones.';
  if (folded === email || folded === email.split('@')[0]) return 'The e-mail address is no password.';
  if (new Set(folded).size < 4) return 'Use more different characters.';
  return undefined;
}
