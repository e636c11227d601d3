import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { broken, callerOf, QueryApi, xmlOf } from './query-api.ts';

/** Buckets as a host makes, fills and removes them: no objects but those that a test puts there. */
export class BucketApi {
  /** Keys of the objects of each bucket. */
  readonly buckets = new Map<string, Set<string>>();
  /** What was set on each bucket: `lifecycle`, `publicAccessBlock` … */
  readonly settings = new Map<string, Set<string>>();
  readonly calls: string[] = [];
  /** Of calls that did not name the owner of their bucket. */
  readonly withoutOwner: string[] = [];
  hook: (moment: `${'before' | 'after'} ${string}`, caller: string) => Promise<void> = async () => undefined;
  /** What is answered in the place of an effect, for the next calls of that name. */
  readonly refusals: { readonly call: string; readonly status: number; readonly code: string }[] = [];
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk as string;
    const url = new URL(request.url ?? '', 'http://s3');
    const bucket = decodeURIComponent(url.pathname.split('/')[1] ?? '');
    const settings = [
      'lifecycle',
      'publicAccessBlock',
      'tagging',
      'encryption',
      'ownershipControls',
      'policy',
    ];
    const about = [...settings, 'uploads', 'versions', 'delete'].find((name) => url.searchParams.has(name));
    const call = `${request.method} ${about ?? (bucket === '' ? 'buckets' : 'bucket')}`;
    this.calls.push(call);
    const isBare = call === 'GET buckets' || call === 'PUT bucket';
    if (!isBare && request.headers['x-amz-expected-bucket-owner'] === undefined) this.withoutOwner.push(call);
    const caller = callerOf(request) ?? '';
    if (await broken(this.hook(`before ${call}`, caller))) return void response.destroy();
    const refused = this.refusals.findIndex((one) => one.call === call);
    const [status, content] =
      refused >= 0
        ? errorOf(this.refusals.splice(refused, 1)[0])
        : this.#perform(call, bucket, { about, body });
    if (await broken(this.hook(`after ${call}`, caller))) return void response.destroy();
    response.writeHead(status, { 'content-type': 'application/xml' });
    response.end(content === '' ? undefined : `<?xml version="1.0" encoding="UTF-8"?>${content}`);
  }

  #perform(
    call: string,
    bucket: string,
    { about, body }: { about: string | undefined; body: string },
  ): [number, string] {
    const objects = this.buckets.get(bucket);
    if (call === 'GET buckets') {
      const names = [...this.buckets.keys()].map((Name) => `<Bucket>${xmlOf({ Name })}</Bucket>`);
      return [200, `<ListAllMyBucketsResult><Buckets>${names.join('')}</Buckets></ListAllMyBucketsResult>`];
    }
    if (call === 'PUT bucket') {
      if (objects) return errorOf({ status: 409, code: 'BucketAlreadyOwnedByYou' });
      this.buckets.set(bucket, new Set());
      this.settings.set(bucket, new Set());
      return [200, ''];
    }
    if (!objects) return errorOf({ status: 404, code: 'NoSuchBucket' });
    switch (call) {
      case 'GET uploads':
        return [
          200,
          '<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>',
        ];
      case 'GET versions': {
        const versions = [...objects].map((Key) => `<Version>${xmlOf({ Key, VersionId: 'null' })}</Version>`);
        return [
          200,
          `<ListVersionsResult><IsTruncated>false</IsTruncated>${versions.join('')}</ListVersionsResult>`,
        ];
      }
      case 'POST delete':
        for (const [, key] of body.matchAll(/<Key>([^<]*)<\/Key>/g)) objects.delete(key as string);
        return [200, '<DeleteResult/>'];
      case 'DELETE bucket':
        if (objects.size > 0) return errorOf({ status: 409, code: 'BucketNotEmpty' });
        this.buckets.delete(bucket);
        return [204, ''];
      default:
        this.settings.get(bucket)?.add(about ?? '');
        return [200, ''];
    }
  }
}

function errorOf(refusal: { readonly status: number; readonly code: string } | undefined): [number, string] {
  const { status, code } = refusal ?? { status: 500, code: 'InternalError' };
  return [status, `<Error><Code>${code}</Code><Message>${code}</Message></Error>`];
}

/** STS as far as a role is lent: what was asked for is kept in `policies`, by the name of the session. */
export async function openStsApi(policies = new Map<string, string>()) {
  const api = new QueryApi({
    namespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
    errorDocument: (code, message) =>
      `<ErrorResponse><Error><Type>Sender</Type>${xmlOf({ Code: code, Message: message })}</Error></ErrorResponse>`,
    actions: {
      AssumeRole: (form) => {
        policies.set(form.get('RoleSessionName') ?? '', form.get('Policy') ?? '');
        const lent = { AccessKeyId: 'LENT', SecretAccessKey: 'lent-secret', SessionToken: 'lent-token' };
        const Expiration = new Date(Date.now() + Number(form.get('DurationSeconds')) * 1000).toISOString();
        return `<AssumeRoleResult><Credentials>${xmlOf({ ...lent, Expiration })}</Credentials></AssumeRoleResult>`;
      },
    },
  });
  return Object.assign(await api.listen(), { policies });
}
