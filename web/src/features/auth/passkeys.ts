/** Somebody has closed the browser's own dialog, or it has waited too long: no fault of anybody. */
export const wasCancelled = (thrown: unknown): boolean =>
  thrown instanceof Error && (thrown.name === 'NotAllowedError' || thrown.name === 'AbortError');
