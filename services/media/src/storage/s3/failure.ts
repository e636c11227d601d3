import { S3ServiceException } from '@aws-sdk/client-s3';
import { Problem } from '@ptsdly/contract';
import { ObjectMissing } from '../storage.ts';

const RETRY_S = 5;

/**
 * What a failed call means to us: `ObjectMissing`, a RangeError, or the problem `unavailable`, which a client may
 * try again and which keeps what S3 said for the log.
 */
export function meaningOf(error: unknown): unknown {
  if (error instanceof Problem || error instanceof ObjectMissing || error instanceof RangeError) return error;
  if (error instanceof S3ServiceException) {
    if (error.name === 'NoSuchKey' || error.name === 'NotFound') return new ObjectMissing({ cause: error });
    if (error.name === 'InvalidRange') return new RangeError('the object ends before', { cause: error });
  }
  return unavailable(error);
}

export const isForbidden = (error: unknown): boolean =>
  error instanceof S3ServiceException && error.$metadata.httpStatusCode === 403;

export function unavailable(cause: unknown): Problem {
  return new Problem('unavailable', {
    detail: 'The storage does not answer. Nothing is lost; please try again in a moment.',
    retryAfter: RETRY_S,
    cause,
  });
}
