/** Where objects lie in S3. */
export interface S3Location {
  readonly bucket: string;
  /** Empty, or ends with a slash. */
  readonly prefix: string;
  /** Of a store that is not AWS; it is then asked by paths, since few such stores have a name for each bucket. */
  readonly endpoint: string | undefined;
  readonly region: string;
  /** The AWS account that must own the bucket. */
  readonly owner: string | undefined;
}

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/**
 * Reads `s3://<bucket>[/<prefix>][?endpoint=<url>&region=<region>&owner=<account>]`. Throws one plain sentence; it never repeats
 * the URL, in which somebody may have written a password.
 */
export function readS3Url(text: string): S3Location {
  if (!URL.canParse(text)) throw new Error('the s3: address is not a URL');
  const url = new URL(text);
  const endpoint = url.searchParams.get('endpoint') ?? undefined;
  if (url.username || url.password)
    throw new Error('an s3: address holds no keys; they have settings of their own');
  if (!BUCKET.test(url.hostname))
    throw new Error('an s3: address begins with a bucket: s3://<bucket>/<prefix>');
  if (endpoint !== undefined && !/^https?:\/\/[^/?#]+\/?$/.test(endpoint)) {
    throw new Error('the endpoint of an s3: address is http(s)://host:port');
  }
  const path = decodeURIComponent(url.pathname).replace(/^\/+|\/+$/g, '');
  if (/(^|\/)\.{1,2}(\/|$)/.test(path)) throw new Error('the prefix of an s3: address holds no dots alone');
  return {
    bucket: url.hostname,
    prefix: path ? `${path}/` : '',
    endpoint,
    region: url.searchParams.get('region') ?? 'us-east-1',
    owner: url.searchParams.get('owner') ?? undefined,
  };
}
