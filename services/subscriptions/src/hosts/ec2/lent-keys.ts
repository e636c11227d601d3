import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import type { LentKeys } from '@ptsdly/contract';
import { HostError, type RemoteStorage } from '../host.ts';

/** The longest that a role lends when its borrower has borrowed itself (role chaining). */
const LENT_SECONDS = 3600;

/** What keys are good for: a bucket, or what stands in it under a prefix, which ends with a slash. */
export interface LentPlace {
  readonly bucket: string;
  readonly prefix?: string;
}

/** Where roles are lent; at AWS where no endpoint is given, by the rights of the machine where no keys are. */
export function openSts(
  region: string,
  endpoint: string | undefined,
  keys: RemoteStorage['keys'],
): STSClient {
  const rest = { ...(keys && { credentials: { ...keys } }), ...(endpoint && { endpoint }) };
  return new STSClient({ region, ...rest });
}

/**
 * Rights on one place and on nothing else, for an hour: those of the role, narrowed by a session policy (STS
 * AssumeRole). So one role serves any number of servers.
 */
export async function lendKeys(
  sts: STSClient,
  role: string,
  serverId: string,
  place: LentPlace,
): Promise<LentKeys> {
  const command = new AssumeRoleCommand({
    RoleArn: role,
    RoleSessionName: serverId.replace(/[^\w+=,.@-]/g, '-').slice(0, 64),
    DurationSeconds: LENT_SECONDS,
    Policy: policyFor(place),
  });
  const { Credentials: lent } = await sts.send(command);
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = lent ?? {};
  if (!AccessKeyId || !SecretAccessKey || !SessionToken) throw new HostError('retry', 'STS lent no keys');
  const expiresAt = (Expiration ?? new Date(Date.now() + LENT_SECONDS * 1000)).toISOString();
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
    expiresAt,
  };
}

const OBJECTS = [
  's3:GetObject',
  's3:PutObject',
  's3:DeleteObject',
  's3:AbortMultipartUpload',
  's3:ListMultipartUploadParts',
];

/**
 * Under a prefix, lists are of that prefix only, and unfinished uploads cannot be listed at all: S3 knows no condition
 * on the prefix for these, and the names of others would be among them.
 */
function policyFor({ bucket, prefix = '' }: LentPlace): string {
  const arn = `arn:aws:s3:::${bucket}`;
  const allow = (Action: readonly string[], Resource: string, Condition?: object) => ({
    ...{ Effect: 'Allow', Action, Resource },
    ...(Condition && { Condition }),
  });
  const lists = prefix
    ? allow(['s3:ListBucket'], arn, { StringLike: { 's3:prefix': `${prefix}*` } })
    : allow(['s3:ListBucket', 's3:ListBucketMultipartUploads'], arn);
  return JSON.stringify({ Version: '2012-10-17', Statement: [lists, allow(OBJECTS, `${arn}/${prefix}*`)] });
}
