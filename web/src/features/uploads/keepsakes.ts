/** The part of the File System Access API that goes beyond the platform's own type declarations. */
export interface ReopenableHandle extends FileSystemFileHandle {
  queryPermission(wanted: { mode: 'read' }): Promise<PermissionState>;
  requestPermission(wanted: { mode: 'read' }): Promise<PermissionState>;
}

/** What a reload would lose about an upload; its address is kept by tus itself. */
export interface Keepsake {
  readonly id: string;
  readonly videoId: string | null;
  readonly handle: ReopenableHandle | null;
}

const table = 'uploads';

/** IndexedDB, since only it can keep file handles. Where there is none, nothing is kept. */
export async function keep(keepsake: Keepsake): Promise<void> {
  await withTable('readwrite', (store) => store.put(keepsake)).catch(() => undefined);
}

export async function recall(id: string): Promise<Keepsake | undefined> {
  const found: unknown = await withTable('readonly', (store) => store.get(id)).catch(() => undefined);
  return found as Keepsake | undefined;
}

export async function forget(id: string): Promise<void> {
  await withTable('readwrite', (store) => store.delete(id)).catch(() => undefined);
}

async function withTable<T>(
  mode: IDBTransactionMode,
  work: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const open = indexedDB.open('ptsdly', 1);
  open.onupgradeneeded = () => open.result.createObjectStore(table, { keyPath: 'id' });
  const database = await settled(open);
  try {
    return await settled(work(database.transaction(table, mode).objectStore(table)));
  } finally {
    database.close();
  }
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
