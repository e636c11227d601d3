import { AssumeRoleCommand, type STSClient } from '@aws-sdk/client-sts';
import type { LentKeys } from '@ptsdly/contract';
import { HostError } from '../host.ts';

/** The longest that a role lends when its borrower has borrowed itself (role chaining). */
const LENT_SECONDS = 3600;

/**
 * Rights on one bucket and on nothing else, for an hour: those of the role, narrowed by a session policy (STS
 * AssumeRole). So one role serves any number of servers.
 */
export async function lendKeys(
  sts: STSClient,
  role: string,
  serverId: string,
  bucket: string,
): Promise<LentKeys> {
  const command = new AssumeRoleCommand({
    RoleArn: role,
    RoleSessionName: serverId.replace(/[^\w+=,.@-]/g, '-').slice(0, 64),
    DurationSeconds: LENT_SECONDS,
    Policy: policyFor(bucket),
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

function policyFor(bucket: string): string {
  const arn = `arn:aws:s3:::${bucket}`;
  const allow = (Action: readonly string[], Resource: string) => ({ Effect: 'Allow', Action, Resource });
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      allow(['s3:ListBucket', 's3:ListBucketMultipartUploads'], arn),
      allow(
        [
          's3:GetObject',
          's3:PutObject',
          's3:DeleteObject',
          's3:AbortMultipartUpload',
          's3:ListMultipartUploadParts',
        ],
        `${arn}/*`,
      ),
    ],
  });
}
