import type { Store } from '../../store/store.ts';
import { isActive } from './uploads.ts';

/**
 * While something is sent, leaving the page asks first, and a phone's screen stays on (Screen Wake Lock), since its
 * browser stops sending when it goes dark.
 */
export function guardUploads(store: Store): void {
  let lock: WakeLockSentinel | null = null;
  const isSending = () => store.getState().uploads.items.some(isActive);
  const look = async () => {
    const wanted = isSending() && document.visibilityState === 'visible';
    if (wanted && !lock && 'wakeLock' in navigator) {
      lock = await navigator.wakeLock.request('screen').catch(() => null); // a weak battery refuses
      lock?.addEventListener('release', () => {
        lock = null;
      });
    } else if (!wanted && lock) await lock.release();
  };
  store.subscribe(() => void look());
  document.addEventListener('visibilitychange', () => void look());
  window.addEventListener('beforeunload', (event) => {
    if (isSending()) event.preventDefault();
  });
}
