/** What a remote store is opened with; without keys the SDK looks for those of the machine. */
export interface StorageKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** Keys that are lent for a while; asked for again before they expire. */
export type KeySource = () => Promise<StorageKeys & { readonly expiration: Date }>;
