import { useState } from 'react';

/** The token of a letter's link. It stands in the fragment, which no server sees, and leaves the address at once. */
export function useLetterToken(): string {
  const [token] = useState(() => new URLSearchParams(location.hash.slice(1)).get('token') ?? '');
  if (token && location.hash) history.replaceState(history.state, '', location.pathname);
  return token;
}
