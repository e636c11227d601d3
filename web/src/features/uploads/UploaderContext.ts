import { createContext, useContext } from 'react';
import type { LazyUploader } from './LazyUploader.ts';
import type { Uploader } from './uploader.ts';

export const UploadsContext = createContext<LazyUploader | null>(null);
export const UploaderContext = createContext<Uploader | null>(null);

/** Takes files anywhere in the app. */
export function useUploads(): LazyUploader {
  const uploads = useContext(UploadsContext);
  if (!uploads) throw new Error('useUploads outside of its provider');
  return uploads;
}

/** In the tray, which comes with the uploader. */
export function useUploader(): Uploader {
  const uploader = useContext(UploaderContext);
  if (!uploader) throw new Error('useUploader outside of its provider');
  return uploader;
}
