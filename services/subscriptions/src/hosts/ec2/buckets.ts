import {
  AbortMultipartUploadCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { HostError } from '../host.ts';
import { codeOf } from './cloud-error.ts';
import type { Ec2Settings } from './settings.ts';

export interface BucketsOptions {
  readonly s3: S3Client;
  readonly settings: Pick<Ec2Settings, 'region' | 'account' | 'endpoints'>;
  /** Tags of everything that this installation makes. */
  readonly tags: Readonly<Record<string, string>>;
}

const ABANDONED_DAYS = 7;
/** Objects that one DeleteObjects takes. */
const PAGE = 1000;
/** The longest that one call empties; the next one goes on. */
const EMPTYING_MS = 20_000;
/** What stores that are not AWS's say of a setting that they do not know. */
const UNSUPPORTED = /^(NotImplemented|MethodNotAllowed|MalformedXML|InvalidRequest|InvalidArgument)$/;

/** One private bucket a server. Every call names the account that must own it (`ExpectedBucketOwner`). */
export class Buckets {
  readonly #s3: S3Client;
  readonly #settings: BucketsOptions['settings'];
  readonly #tags: BucketsOptions['tags'];
  /** Made and set up by this process. */
  readonly #sound = new Set<string>();

  constructor({ s3, settings, tags }: BucketsOptions) {
    this.#s3 = s3;
    this.#settings = settings;
    this.#tags = tags;
  }

  /** `s3:` address of a bucket, as a media server opens it. */
  urlOf(bucket: string): string {
    const { region, account, endpoints } = this.#settings;
    const query = new URLSearchParams({
      region,
      owner: account,
      ...(endpoints.s3 && { endpoint: endpoints.s3 }),
    });
    return `s3://${bucket}?${query}`;
  }

  /** Makes the bucket as it must be; may be repeated. */
  async ensure(bucket: string, serverId: string): Promise<void> {
    if (this.#sound.has(bucket)) return;
    await this.#create(bucket);
    const own = this.#own(bucket);
    const isAws = this.#settings.endpoints.s3 === undefined;
    await this.#s3.send(
      new PutPublicAccessBlockCommand({
        ...own,
        PublicAccessBlockConfiguration: {
          // Ceph takes this one for a ban of every PUT that may carry an ACL
          BlockPublicAcls: isAws,
          ...{ IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true },
        },
      }),
    );
    await this.#s3.send(
      new PutBucketLifecycleConfigurationCommand({
        ...own,
        LifecycleConfiguration: { Rules: [abandoned] },
      }),
    );
    const tags = Object.entries({ ...this.#tags, 'ptsdly:server': serverId });
    const TagSet = tags.map(([Key, Value]) => ({ Key, Value }));
    await this.#s3.send(new PutBucketTaggingCommand({ ...own, Tagging: { TagSet } }));
    await this.#whereKnown(() => this.#s3.send(new PutBucketEncryptionCommand({ ...own, ...encrypted })));
    await this.#whereKnown(() => this.#s3.send(new PutBucketOwnershipControlsCommand({ ...own, ...noAcls })));
    if (isAws) await this.#s3.send(new PutBucketPolicyCommand({ ...own, Policy: onlyTls(bucket) }));
    this.#sound.add(bucket);
  }

  /** Removes everything in it, every version and unfinished upload, and then the bucket. A missing one is removed. */
  async remove(bucket: string): Promise<void> {
    this.#sound.delete(bucket);
    const deadline = performance.now() + EMPTYING_MS;
    try {
      await this.#abortUploads(bucket);
      while (await this.#removePage(bucket)) {
        if (performance.now() > deadline) throw new HostError('retry', 'the bucket is still being emptied');
      }
      await this.#s3.send(new DeleteBucketCommand(this.#own(bucket)));
    } catch (error) {
      if (codeOf(error) !== 'NoSuchBucket') throw error;
    }
  }

  /** Names of our account's buckets that begin so. */
  async named(prefix: string): Promise<string[]> {
    const names: string[] = [];
    for (let ContinuationToken: string | undefined; ; ) {
      const page = await this.#s3.send(
        new ListBucketsCommand({ Prefix: prefix, ContinuationToken, MaxBuckets: PAGE }),
      );
      names.push(...(page.Buckets ?? []).flatMap(({ Name }) => (Name?.startsWith(prefix) ? [Name] : [])));
      ContinuationToken = page.ContinuationToken;
      if (!ContinuationToken) return names;
    }
  }

  #own(bucket: string) {
    return { Bucket: bucket, ExpectedBucketOwner: this.#settings.account };
  }

  async #create(bucket: string): Promise<void> {
    const { region } = this.#settings;
    // us-east-1 is the one region that must not be named, and other stores know none
    const located = region !== 'us-east-1' && this.#settings.endpoints.s3 === undefined;
    const where = located ? { CreateBucketConfiguration: { LocationConstraint: region as 'eu-west-1' } } : {};
    try {
      await this.#s3.send(new CreateBucketCommand({ Bucket: bucket, ...where }));
    } catch (error) {
      if (codeOf(error) === 'BucketAlreadyOwnedByYou') return;
      // with a name that nobody can guess it can only be ours, which stores say in either way: the next call finds out
      if (codeOf(error) !== 'BucketAlreadyExists') throw error;
    }
  }

  async #whereKnown(call: () => Promise<unknown>): Promise<void> {
    try {
      await call();
    } catch (error) {
      if (this.#settings.endpoints.s3 === undefined || !UNSUPPORTED.test(codeOf(error))) throw error;
    }
  }

  async #abortUploads(bucket: string): Promise<void> {
    for (;;) {
      const page = await this.#s3.send(new ListMultipartUploadsCommand(this.#own(bucket)));
      for (const { Key, UploadId } of page.Uploads ?? []) {
        await this.#s3.send(new AbortMultipartUploadCommand({ ...this.#own(bucket), Key, UploadId }));
      }
      if (!page.IsTruncated) return;
    }
  }

  /** False when nothing was there. */
  async #removePage(bucket: string): Promise<boolean> {
    const page = await this.#s3.send(new ListObjectVersionsCommand({ ...this.#own(bucket), MaxKeys: PAGE }));
    const Objects = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].map(({ Key, VersionId }) => {
      return { Key, ...(VersionId && VersionId !== 'null' && { VersionId }) };
    });
    if (Objects.length === 0) return false;
    const command = new DeleteObjectsCommand({ ...this.#own(bucket), Delete: { Objects, Quiet: true } });
    const { Errors = [] } = await this.#s3.send(command);
    if (Errors.length > 0) {
      throw new HostError('retry', `${Errors.length} objects could not be removed (${Errors[0]?.Code})`);
    }
    return true;
  }
}

const abandoned = {
  ID: 'abandoned-uploads',
  Status: 'Enabled',
  Filter: { Prefix: '' },
  AbortIncompleteMultipartUpload: { DaysAfterInitiation: ABANDONED_DAYS },
} as const;

const encrypted = {
  ServerSideEncryptionConfiguration: {
    Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' as const } }],
  },
};

const noAcls = { OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' as const }] } };

function onlyTls(bucket: string): string {
  const Resource = [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`];
  const Condition = { Bool: { 'aws:SecureTransport': 'false' } };
  const Statement = [{ Effect: 'Deny', Principal: '*', Action: 's3:*', Resource, Condition }];
  return JSON.stringify({ Version: '2012-10-17', Statement });
}
