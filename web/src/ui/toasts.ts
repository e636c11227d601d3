import { UNSTABLE_ToastQueue as ToastQueue } from 'react-aria-components';

export interface ToastContent {
  readonly text: string;
  readonly tone: 'good' | 'bad';
}

export const toasts = new ToastQueue<ToastContent>({ maxVisibleToasts: 3 });

export const say = (text: string) => void toasts.add({ text, tone: 'good' }, { timeout: 5000 });
export const warn = (text: string) => void toasts.add({ text, tone: 'bad' }, { timeout: 8000 });
