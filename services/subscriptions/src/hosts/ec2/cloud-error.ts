import { HostError } from '../host.ts';

/** There is none of this kind in this place now; another may be there (karpenter's list of them is the same). */
const UNFULFILLABLE = new Set([
  'InsufficientInstanceCapacity',
  'InsufficientHostCapacity',
  'InsufficientFreeAddressesInSubnet',
  'InsufficientCapacityOnHost',
  'UnfulfillableCapacity',
  'Unsupported',
]);
/** The account may not have more; only its operator can change that. */
const QUOTAS = new Set([
  'VcpuLimitExceeded',
  'InstanceLimitExceeded',
  'InstanceCreditsLimitExceeded',
  'VolumeLimitExceeded',
  'MaxIOPSLimitExceeded',
  'TooManyBuckets',
]);
/** What no repetition mends: rights, names of things that are not there, and requests that are wrong. */
const HOPELESS =
  /^(AuthFailure|UnauthorizedOperation|AccessDenied\w*|OptInRequired|InvalidClientTokenId|SignatureDoesNotMatch|InvalidAccessKeyId|InvalidAMIID\..*|InvalidSubnetID\..*|InvalidGroup\..*|InvalidParameter\w*|MissingParameter|UnknownParameter|ValidationError|MalformedPolicyDocument\w*)$/;

export const codeOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.name : '');

export const isUnfulfillable = (thrown: unknown): boolean => UNFULFILLABLE.has(codeOf(thrown));

/** That an instance is not found says nothing about whether it is there (eventual consistency). */
export const isNotFound = (thrown: unknown): boolean => codeOf(thrown) === 'InvalidInstanceID.NotFound';

/** An error of AWS as the reconcile loop understands it. What AWS said stays in the log, for the operator. */
export function hostErrorOf(thrown: unknown): HostError {
  if (thrown instanceof HostError) return thrown;
  const code = codeOf(thrown);
  const options = { cause: thrown };
  if (isUnfulfillable(thrown))
    return new HostError('capacity', 'The cloud has no free machine now.', options);
  if (QUOTAS.has(code)) {
    return new HostError(
      'capacity',
      'The limit of the cloud account is reached; its operator is told.',
      options,
    );
  }
  if (HOPELESS.test(code)) return new HostError('stop', `The cloud refuses this (${code}).`, options);
  return new HostError('retry', `the cloud does not do it now (${code})`, options);
}

export const isQuota = (thrown: unknown): boolean => QUOTAS.has(codeOf(thrown));
