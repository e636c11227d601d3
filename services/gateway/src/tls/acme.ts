import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Certificate, Logger } from '@ptsdly/kit';
import type { Notes } from '@ptsdly/kv';
import acme from 'acme-client';
import { CertificateHolder } from './certificate-holder.ts';
import { check, expiryOf } from './check.ts';
import type { OpenCertificates } from './files.ts';

const DAY_MS = 24 * 3600_000;
/** A certificate is renewed in the last third of its life, and by thirty days before its end. */
const RENEW_BEFORE_MS = 30 * DAY_MS;
const LOOK_MS = 12 * 3600_000;
/** How soon the certificate that another gateway has ordered is looked for. */
const OTHERS_MS = 5000;
/** An order takes seconds; one that a crash has left behind is in nobody's way for longer than this. */
const CHALLENGE_S = 300;
const TURN = 'acme-order';
/** After a failure; certificate authorities count failures by the hour. */
const RETRY_MS = [30_000, 120_000, 600_000, 3600_000];

export interface AcmeOptions {
  /** Directory of the certificate authority (RFC 8555 §7.1.1). */
  readonly directoryUrl: string;
  /** Where it may write to us. */
  readonly email?: string;
  /** Names that the certificate is for; the first is its subject. */
  readonly names: readonly string[];
  /** Where account key and certificate are kept, readable by us alone. */
  readonly folder: string;
  readonly log: Logger;
}

/** Answers of the HTTP-01 challenge by token (RFC 8555 §8.3), which the plain HTTP of every gateway gives. */
export class Challenges {
  readonly #notes: Notes;

  constructor(notes: Notes) {
    this.#notes = notes;
  }

  set(token: string, answer: string): Promise<void> {
    return this.#notes.set(`acme:${token}`, answer, CHALLENGE_S);
  }

  get(token: string): Promise<string | undefined> {
    return this.#notes.get(`acme:${token}`);
  }

  remove(token: string): Promise<void> {
    return this.#notes.remove(`acme:${token}`);
  }

  /** Runs an order, or resolves to undefined where another gateway is at one. */
  async alone<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (!(await this.#notes.add(TURN, '1', CHALLENGE_S))) return undefined;
    try {
      return await work();
    } finally {
      await this.#notes.remove(TURN);
    }
  }
}

/**
 * Certificates from an authority that speaks ACME, renewed by themselves. Resolves at once with what is kept of before,
 * or without one: it is there when the authority has given it, and the log says where that fails.
 */
export async function openAcme(options: AcmeOptions, challenges: Challenges): Promise<OpenCertificates> {
  const { log } = options;
  await mkdir(options.folder, { recursive: true, mode: 0o700 });
  const holder = new CertificateHolder();
  const kept = await load(options).catch(() => undefined);
  if (kept) holder.set(kept);
  const stop = new AbortController();
  const run = async () => {
    for (let failures = 0; !stop.signal.aborted; ) {
      try {
        const isThere = (await takeKept(options, holder)) || (await renew(options, challenges, holder));
        failures = 0;
        await sleep(isThere ? LOOK_MS : OTHERS_MS, undefined, { signal: stop.signal, ref: false });
      } catch (err) {
        if (stop.signal.aborted) return;
        log.error({ err }, 'no certificate could be had');
        const pause = RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)];
        await sleep(pause, undefined, { signal: stop.signal, ref: false }).catch(() => undefined);
      }
    }
  };
  const running = run();
  return {
    current: () => holder.current(),
    onChange: (changed) => holder.onChange(changed),
    async close() {
      stop.abort();
      await Promise.race([running, sleep(100)]); // an order under way is not waited for
    },
  };
}

/** Whether the certificate in use, or one that another gateway has put into our folder, is still good for long. */
async function takeKept(options: AcmeOptions, holder: CertificateHolder): Promise<boolean> {
  const current = holder.current();
  if (current && !isDue(current)) return true;
  const kept = await load(options).catch(() => undefined);
  if (!kept || isDue(kept)) return false;
  holder.set(kept);
  return true;
}

/** False where another gateway is at it. */
async function renew(options: AcmeOptions, challenges: Challenges, holder: CertificateHolder) {
  const fresh = await challenges.alone(() => order(options, challenges));
  if (!fresh) return false;
  await save(options, fresh);
  holder.set(fresh);
  options.log.info({ validUntil: check(fresh).validToDate }, 'a new certificate is in use');
  return true;
}

/** Exported for its test. */
export function isDue(certificate: Certificate, now = Date.now()): boolean {
  const leaf = check(certificate);
  const life = leaf.validToDate.getTime() - leaf.validFromDate.getTime();
  return expiryOf(certificate) - now < Math.min(RENEW_BEFORE_MS, life / 3);
}

async function order(options: AcmeOptions, challenges: Challenges): Promise<Certificate> {
  const [subject = '', ...others] = options.names;
  const accountKey = await accountKeyOf(options.folder);
  const client = new acme.Client({ directoryUrl: options.directoryUrl, accountKey });
  const [key, csr] = await acme.crypto.createCsr(
    { commonName: subject, altNames: [subject, ...others] },
    await acme.crypto.createPrivateEcdsaKey(),
  );
  const tokens = new Set<string>();
  try {
    const cert = await client.auto({
      csr,
      ...(options.email ? { email: options.email } : {}),
      termsOfServiceAgreed: true,
      challengePriority: ['http-01'],
      skipChallengeVerification: true, // our own name may lead elsewhere from where we are
      challengeCreateFn: async (_authorization, { token }, keyAuthorization) => {
        tokens.add(token);
        await challenges.set(token, keyAuthorization);
      },
      challengeRemoveFn: async () => undefined,
    });
    return { key: key.toString(), cert };
  } finally {
    for (const token of tokens) await challenges.remove(token);
  }
}

async function accountKeyOf(folder: string): Promise<string> {
  const file = join(folder, 'account.key');
  const known = await readFile(file, 'utf8').catch(() => undefined);
  if (known) return known;
  const fresh = (await acme.crypto.createPrivateEcdsaKey()).toString();
  await write(file, fresh);
  return fresh;
}

/** Only one that is for all names still. */
async function load({ folder, names }: AcmeOptions): Promise<Certificate> {
  const { key, cert } = JSON.parse(await readFile(join(folder, 'certificate.json'), 'utf8')) as Certificate;
  const leaf = check({ key, cert });
  const missing = names.filter((name) => leaf.checkHost(name) === undefined);
  if (missing.length > 0) throw new Error(`the certificate is not for ${missing.join(', ')}`);
  return { key, cert };
}

const save = ({ folder }: AcmeOptions, certificate: Certificate) =>
  write(join(folder, 'certificate.json'), JSON.stringify(certificate));

/** Whole or not at all. */
async function write(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
