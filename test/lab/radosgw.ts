import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { freePort } from '../ports.ts';
import { root } from '../product.ts';

const run = promisify(execFile);
const script = join(root, 'test/lab/radosgw.sh');

/** A real S3 store: Ceph's radosgw on loopback, which checks signatures and digests. */
export interface Radosgw {
  /** `s3://<bucket>?endpoint=…`. */
  readonly url: string;
  readonly keys: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly endpoint: string;
  /** Makes a role that the user of the keys may borrow, with every right on S3. Resolves with its ARN. */
  makeRole(): Promise<string>;
  stop(): Promise<void>;
}

/** Ready in about 12 s. Rejects where it cannot run. */
export async function startRadosgw(): Promise<Radosgw> {
  const folder = await mkdtemp(join(tmpdir(), 'radosgw-'));
  const stop = async () => {
    await run(script, ['down', folder]);
    await rm(folder, { recursive: true, force: true });
  };
  const port = 20_000 + ((await freePort()) % 20_000); // its monitor takes the one 10,000 above
  try {
    await run(script, ['up', folder, String(port)], { timeout: 240_000 });
    const keys = { accessKeyId: 'TESTACCESS', secretAccessKey: 'TESTSECRET' };
    const endpoint = `http://localhost:${port}`;
    const client = new S3Client({
      ...{ endpoint, region: 'us-east-1', credentials: keys, forcePathStyle: true },
      ...{ requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' },
    });
    await client.send(new CreateBucketCommand({ Bucket: 'lab' }));
    client.destroy();
    const makeRole = () => roleIn(folder);
    return { url: `s3://lab?endpoint=${endpoint}`, endpoint, keys, makeRole, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function roleIn(folder: string): Promise<string> {
  const admin = (...args: string[]) =>
    run('radosgw-admin', ['-c', join(folder, 'ceph.conf'), '-n', 'client.rgw', ...args], { timeout: 60_000 });
  const policy = (statement: object) =>
    JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...statement }] });
  const Principal = { AWS: ['arn:aws:iam:::user/tester'] };
  const trust = policy({ Principal, Action: ['sts:AssumeRole'] });
  const { stdout } = await admin('role', 'create', '--role-name=media', `--assume-role-policy-doc=${trust}`);
  const rights = policy({ Action: ['s3:*'], Resource: ['arn:aws:s3:::*'] });
  await admin('role-policy', 'put', '--role-name=media', '--policy-name=s3', `--policy-doc=${rights}`);
  return (JSON.parse(stdout) as { Arn: string }).Arn;
}
