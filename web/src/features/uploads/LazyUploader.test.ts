import { expect, test, vi } from 'vitest';
import { LazyUploader, type LoadedUploads } from './LazyUploader.ts';
import type { Uploader } from './uploader.ts';

const pick = { file: new File(['x'], 'a.mp4') };
const spied = () => ({
  add: vi.fn<Uploader['add']>(async () => undefined),
  stopAll: vi.fn<Uploader['stopAll']>(async () => undefined),
});
const Tray = () => null;
const loadedOf = (uploader: ReturnType<typeof spied>): LoadedUploads => ({
  uploader: uploader as unknown as Uploader,
  Tray,
});

test('is fetched once, by the first who needs it, and tells that it has come', async () => {
  const uploader = spied();
  const fetch = vi.fn(async () => loadedOf(uploader));
  const uploads = new LazyUploader(fetch, () => undefined);
  const heard = vi.fn();
  uploads.subscribe(heard);
  await uploads.stopAll();
  expect(fetch).not.toHaveBeenCalled();
  await Promise.all([uploads.add('/m/a', [pick]), uploads.add('/m/a', [pick], 'folder')]);
  expect(fetch).toHaveBeenCalledOnce();
  expect(heard).toHaveBeenCalledOnce();
  expect(uploader.add.mock.calls).toEqual([
    ['/m/a', [pick], null],
    ['/m/a', [pick], 'folder'],
  ]);
  await uploads.stopAll();
  expect(uploader.stopAll).toHaveBeenCalledOnce();
});

test('says that it could not be fetched, and tries again', async () => {
  const uploader = spied();
  const fetch = vi.fn<() => Promise<LoadedUploads>>().mockRejectedValueOnce(new TypeError('no network'));
  fetch.mockResolvedValue(loadedOf(uploader));
  const onMissing = vi.fn();
  const uploads = new LazyUploader(fetch, onMissing);
  await uploads.add('/m/a', [pick]);
  expect(onMissing).toHaveBeenCalledOnce();
  expect(uploads.loaded).toBeNull();
  await uploads.add('/m/a', [pick]);
  expect(uploader.add).toHaveBeenCalledOnce();
});
