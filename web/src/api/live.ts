interface Lifetime<T> {
  readonly cacheDataLoaded: Promise<unknown>;
  readonly cacheEntryRemoved: Promise<unknown>;
  readonly updateCachedData: (recipe: (before: T) => T) => unknown;
}

/** Keeps a cache entry as an event stream says, from when it is loaded until nobody looks at it. */
export async function live<T>(url: string, lifetime: Lifetime<T>): Promise<void> {
  const loaded = await lifetime.cacheDataLoaded.then(
    () => true,
    () => false,
  );
  if (!loaded) return;
  const source = new EventSource(url);
  source.addEventListener('stats', ({ data }) => {
    lifetime.updateCachedData(() => JSON.parse(data as string) as T);
  });
  await lifetime.cacheEntryRemoved;
  source.close();
}
