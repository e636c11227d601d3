import { createContext, useContext } from 'react';
import type { Uploader } from './uploader.ts';

export const UploaderContext = createContext<Uploader | null>(null);

export function useUploader(): Uploader {
  const uploader = useContext(UploaderContext);
  if (!uploader) throw new Error('useUploader outside of its provider');
  return uploader;
}
