import { useEffect, useSyncExternalStore } from 'react';
import { useOnline } from '../../app/useOnline.ts';
import { isUsable } from '../server/serverStates.ts';
import { useMyServer } from '../server/useMyServer.ts';
import { UploaderContext, useUploads } from './UploaderContext.ts';

/** Fetches the uploader when there is a server to send to, lets it look for what an earlier page left, and shows it. */
export function UploadCorner() {
  const uploads = useUploads();
  const loaded = useSyncExternalStore(uploads.subscribe, () => uploads.loaded);
  const { server } = useMyServer();
  const url = server && isUsable(server.state) ? server.url : null;
  const isOnline = useOnline();
  useEffect(() => {
    if (url && isOnline) void uploads.restore(url);
  }, [url, isOnline, uploads]);
  if (!loaded) return null;
  return (
    <UploaderContext value={loaded.uploader}>
      <loaded.Tray />
    </UploaderContext>
  );
}
