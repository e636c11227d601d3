import { parseArgs } from 'node:util';
import { readClientEnvironment } from '../config.ts';
import { openAccount, originOf } from './account.ts';
import { exportLibrary } from './export-library.ts';
import { importFolder } from './import-folder.ts';
import { logIn, logOut } from './log-in.ts';
import { Progress } from './progress.ts';
import { type Authorize, byToken, SignIn } from './sign-in.ts';
import { uploadFiles } from './upload-files.ts';
import { wordsFor } from './words.ts';

/** Exit codes: everything is done; something could not be; the command is wrong; Ctrl-C. */
const DONE = 0;
const FAILED = 1;
const USAGE = 2;
const INTERRUPTED = 130;

const help: Readonly<Record<string, string>> = {
  upload: `ptsdly upload FILE… [options]

Uploads videos to your media server. Run it again after an interruption, and it goes on where it was.

  --share          make a link for each, and print it`,
  import: `ptsdly import DIR [options]

Uploads the videos in a folder, with the folders in it. What is on the server already is not sent again.

  --all            every file, whatever its name ends with`,
  export: `ptsdly export DIR [options]

Downloads everything as it was uploaded, in the folders of your library, and checks each file by its SHA-256.
What is there already is not fetched again. The details go to library.json.`,
};

const signingIn: Readonly<Record<string, string>> = {
  login: `ptsdly login [options]

Signs you in on this machine: it shows a code, you enter it in a browser and agree, and the other commands need no
token any more. The sign-in stands on your account page, ends there or with ptsdly logout, and is renewed by itself.

  --server URL     the installation; PTSDLY_URL, or http://localhost:8080
  --help           this text`,
  logout: `ptsdly logout [options]

Ends what ptsdly login has begun, here and at the installation.

  --server URL     the installation; PTSDLY_URL, or http://localhost:8080
  --help           this text`,
};

const common = `
  --server URL     the installation; PTSDLY_URL, or http://localhost:8080
  --token TOKEN    an API token from your account page (servers:read, videos:write, and links:write to share), where
                   ptsdly login is not possible; better in PTSDLY_TOKEN, where no list of processes shows it
  --quiet          no progress
  --help           this text

Exit codes: 0 all done, 1 something could not be done, 2 the command is wrong, 130 interrupted.`;

class UsageError extends Error {}

/** Runs a command of a subscriber. Resolves to its exit code. */
export async function runClient([command = '', ...argv]: readonly string[]): Promise<number> {
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    return (await dispatch(command, argv, stop.signal)) ? DONE : FAILED;
  } catch (error) {
    if (stop.signal.aborted) {
      console.error('Interrupted. Run the same command again to go on.');
      return INTERRUPTED;
    }
    console.error(wordsFor(error));
    return error instanceof UsageError || isParseError(error) ? USAGE : FAILED;
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

async function dispatch(command: string, argv: readonly string[], signal: AbortSignal): Promise<boolean> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      share: { type: 'boolean' },
      all: { type: 'boolean' },
      server: { type: 'string' },
      token: { type: 'string' },
      quiet: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    console.log(signingIn[command] ?? help[command] + common);
    return true;
  }
  const environment = readClientEnvironment();
  const origin = originOf(values.server ?? environment.server ?? 'http://localhost:8080');
  const { stateFolder } = environment;
  if (command in signingIn) {
    if (positionals.length > 0) throw new UsageError(`See ptsdly ${command} --help.`);
    const work = command === 'login' ? logIn : logOut;
    return work({ origin, stateFolder, signal });
  }
  const [first] = positionals;
  if (first === undefined || (command !== 'upload' && positionals.length > 1)) {
    throw new UsageError(`${(help[command] ?? '').split('\n')[0]}\nSee ptsdly ${command} --help.`);
  }
  const account = await openAccount(
    origin,
    await authorization(origin, values.token ?? environment.token, stateFolder),
  );
  const progress = new Progress(values.quiet ? undefined : process.stderr);
  const shared = { account, progress, signal, stateFolder };
  switch (command) {
    case 'upload':
      return uploadFiles({
        ...shared,
        files: positionals.map((path) => ({ path })),
        share: values.share ?? false,
      });
    case 'import':
      return importFolder({ ...shared, folder: first, all: values.all ?? false });
    default:
      return exportLibrary({ ...shared, folder: first });
  }
}

/** By an API token where one is given, else by the sign-in of this machine. */
async function authorization(
  origin: string,
  token: string | undefined,
  stateFolder: string,
): Promise<Authorize> {
  if (token) return byToken(token);
  const signIn = new SignIn(origin, stateFolder);
  if (await signIn.isThere()) return signIn.authorize;
  throw new UsageError(
    `Nobody is signed in at ${origin} here. Sign in with \`ptsdly login\`, or give an API token: PTSDLY_TOKEN.`,
  );
}

const isParseError = (error: unknown) =>
  String((error as NodeJS.ErrnoException).code ?? '').startsWith('ERR_PARSE_ARGS');
