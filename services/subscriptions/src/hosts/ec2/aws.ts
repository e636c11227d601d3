import { EC2Client } from '@aws-sdk/client-ec2';
import { S3Client } from '@aws-sdk/client-s3';
import { STSClient } from '@aws-sdk/client-sts';
import type { RemoteStorage } from '../host.ts';
import type { Ec2Settings } from './settings.ts';

/** The three APIs of AWS that a host of instances uses. */
export interface Aws {
  readonly ec2: EC2Client;
  readonly s3: S3Client;
  readonly sts: STSClient;
  close(): void;
}

/** Attempts of one call; the SDK repeats throttled and broken ones with growing pauses. */
const ATTEMPTS = 4;
const CONNECT_MS = 3000;
const ANSWER_MS = 15_000;

/** Without keys the SDK looks for those of the machine (its instance profile). */
export function openAws({ region, endpoints }: Ec2Settings, keys: RemoteStorage['keys']): Aws {
  const shared = {
    region,
    maxAttempts: ATTEMPTS,
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: ANSWER_MS },
    ...(keys && { credentials: { ...keys } }),
  };
  const ec2 = new EC2Client({ ...shared, ...(endpoints.ec2 && { endpoint: endpoints.ec2 }) });
  const sts = new STSClient({ ...shared, ...(endpoints.sts && { endpoint: endpoints.sts }) });
  const s3 = new S3Client({
    ...shared,
    // the default adds checksums that stores other than AWS refuse
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...(endpoints.s3 && { endpoint: endpoints.s3, forcePathStyle: true }),
  });
  const close = () => {
    for (const client of [ec2, sts, s3]) client.destroy();
  };
  return { ec2, s3, sts, close };
}
