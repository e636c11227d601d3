/** Where to go after signing in: only a page of the app, never another site. */
export function safeNext(next: string | null): string {
  return next !== null && /^\/app(?:[/?#]|$)/.test(next) && !next.includes('\\') ? next : '/app/server';
}

export const signInPath = (next: string) => `/app/sign-in?next=${encodeURIComponent(next)}`;
