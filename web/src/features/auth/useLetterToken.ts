import { useEffect, useState } from 'react';

/**
 * The token of a letter's link. It stands in the fragment, which no server sees, and leaves the address as soon as the
 * page stands: a render may be thrown away and begun anew (react.dev, "Keeping components pure"), and needs it then.
 */
export function useLetterToken(): string {
  const [token] = useState(() => new URLSearchParams(location.hash.slice(1)).get('token') ?? '');
  useEffect(() => {
    if (token) history.replaceState(history.state, '', location.pathname);
  }, [token]);
  return token;
}
