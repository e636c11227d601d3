/** Why a play session has ended. */
export type EndReason =
  | 'revoked'
  | 'expired'
  | 'signed_out'
  | 'deleted'
  | 'trashed'
  | 'suspended'
  | 'closing'
  | 'asleep';
