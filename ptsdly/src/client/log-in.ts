import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CallOutput, Problem, type ProgramTokens, type programApi, type Scope } from '@ptsdly/contract';
import { programClient, SignIn } from './sign-in.ts';

/** What the commands of a subscriber need. */
const SCOPES: Scope[] = ['servers:read', 'videos:write', 'links:write'];

export interface LogInOptions {
  /** Of the installation. */
  readonly origin: string;
  readonly stateFolder: string;
  readonly signal: AbortSignal;
}

type Grant = CallOutput<typeof programApi.beginDeviceGrant>;

/**
 * Signs this user of this machine in by the device authorization grant (RFC 8628): a person agrees in a browser,
 * wherever that is. Rejects with one plain sentence when it is refused or takes too long.
 */
export async function logIn({ origin, stateFolder, signal }: LogInOptions): Promise<boolean> {
  const name = `ptsdly · ${hostname()}`.slice(0, 80);
  const grant = await programClient(origin).beginDeviceGrant({ body: { name, scopes: SCOPES } });
  console.log(`Open ${grant.verificationUrl} in a browser, sign in, and enter

    ${grant.userCode}

or open ${grant.verificationUrlComplete}`);
  const tokens = await answerOf(origin, grant, signal);
  const signIn = new SignIn(origin, stateFolder);
  await signIn.end().catch(() => false); // the one before it would stand on the account page for ever
  await signIn.keep(tokens);
  console.log('Signed in. `ptsdly logout` ends it.');
  return true;
}

async function answerOf(origin: string, grant: Grant, signal: AbortSignal): Promise<ProgramTokens> {
  const { deviceCode } = grant;
  const client = programClient(origin);
  let seconds = grant.interval;
  for (;;) {
    await sleep(seconds * 1000, undefined, { signal });
    try {
      return await client.redeemDeviceGrant({ body: { deviceCode } }, { signal });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const isTemporary = WAITING.has(error.code) || error.status >= 500 || error.status === 429;
      if (!isTemporary) throw error;
      seconds = Math.max(seconds, error.retryAfter ?? 0);
    }
  }
}

const WAITING: ReadonlySet<string> = new Set(['authorization_pending', 'slow_down']);

/** Resolves to false where nobody was signed in. */
export async function logOut({ origin, stateFolder }: LogInOptions): Promise<boolean> {
  const ended = await new SignIn(origin, stateFolder).end();
  console.log(ended ? 'Signed out.' : 'Nobody is signed in here.');
  return true;
}
