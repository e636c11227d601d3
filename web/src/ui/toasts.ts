import { UNSTABLE_ToastQueue as ToastQueue } from 'react-aria-components';

export interface ToastContent {
  readonly text: string;
  readonly tone: 'good' | 'bad';
  /** What one can still do about it, for as long as the words stand. */
  readonly action?: ToastAction;
}

export interface ToastAction {
  readonly label: string;
  readonly run: () => void;
}

export const toasts = new ToastQueue<ToastContent>({ maxVisibleToasts: 3 });

export const say = (text: string) => void toasts.add({ text, tone: 'good' }, { timeout: 5000 });
export const warn = (text: string) => void toasts.add({ text, tone: 'bad' }, { timeout: 8000 });
/** Words with a way back; they stay longer, as one has to read and to reach them. */
export const offer = (text: string, action: ToastAction) =>
  void toasts.add({ text, tone: 'good', action }, { timeout: 10_000 });
