/** Who shares, with the token that a media server is asked in the name of. */
export interface Sharer {
  readonly sub: string;
  readonly token: string;
}
