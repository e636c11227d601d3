/** Short texts that end by themselves, by key; shared by all processes that open the same place. */
export interface Notes {
  get(key: string): Promise<string | undefined>;
  set(key: string, text: string, seconds: number): Promise<void>;
  /** As `set`, where nothing stands yet; false where something does. */
  add(key: string, text: string, seconds: number): Promise<boolean>;
  remove(key: string): Promise<void>;
  close(): Promise<void>;
}
