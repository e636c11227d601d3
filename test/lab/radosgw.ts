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
    return { url: `s3://lab?endpoint=${endpoint}`, keys, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
