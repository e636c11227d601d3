import { createApi } from '@reduxjs/toolkit/query/react';
import { contractBaseQuery } from './request.ts';

/** Everything that servers know lives here and nowhere else. */
export const api = createApi({
  baseQuery: async (call, context, extra) => {
    const answer = await contractBaseQuery(call, context, extra);
    // The session has ended somewhere else: `me` is asked again, and its guard leads to the sign-in page.
    if (answer.error?.code === 'unauthenticated' && context.endpoint !== 'me') {
      context.dispatch(api.util.invalidateTags(['Me']));
    }
    return answer;
  },
  tagTypes: [
    ...(['Me', 'Servers', 'Subscriptions', 'Videos', 'Library', 'Folders', 'Details'] as const),
    ...([
      'Links',
      'Webhooks',
      'Deliveries',
      'Tokens',
      'Security',
      'Sessions',
      'Invoices',
      'Timeline',
    ] as const),
    ...(['Reports', 'Accounts', 'Audit'] as const),
  ],
  endpoints: () => ({}),
});
