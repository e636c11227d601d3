import { type ApiToken, type CallInput, type CallOutput, identityApi, type Me } from '@ptsdly/contract';
import { api } from './api.ts';
import { request } from './request.ts';

type AuthOptions = CallOutput<typeof identityApi.authOptions>;
type Consents = CallOutput<typeof identityApi.putConsents>;
type Body<E> = CallInput<E> extends { readonly body: infer B } ? B : never;

const identity = api.injectEndpoints({
  endpoints: (build) => ({
    authOptions: build.query<AuthOptions, void>({
      query: () => request(identityApi.authOptions, {}),
      keepUnusedDataFor: 600,
    }),
    /** Null when nobody is signed in, which is an answer and no failure. */
    me: build.query<Me | null, void>({
      async queryFn(_, _api, _options, ask) {
        const { data, error } = await ask(request(identityApi.me, {}));
        if (error?.code === 'unauthenticated') return { data: null };
        return error ? { error } : { data: data as Me };
      },
      providesTags: ['Me'],
    }),
    signUp: build.mutation<CallOutput<typeof identityApi.signUp>, Body<typeof identityApi.signUp>>({
      query: (body) => request(identityApi.signUp, { body }),
    }),
    signIn: build.mutation<unknown, Body<typeof identityApi.signIn>>({
      query: (body) => request(identityApi.signIn, { body }),
      invalidatesTags: (_, error) => (error ? [] : ['Me', 'Servers', 'Subscriptions']),
    }),
    signInSocial: build.mutation<{ url: string }, Body<typeof identityApi.signInSocial>>({
      query: (body) => request(identityApi.signInSocial, { body }),
    }),
    signOut: build.mutation<unknown, void>({ query: () => request(identityApi.signOut, {}) }),
    updateMe: build.mutation<Me, Body<typeof identityApi.updateMe>>({
      query: (body) => request(identityApi.updateMe, { body }),
      async onQueryStarted(_, { dispatch, queryFulfilled }) {
        const { data } = await queryFulfilled.catch(() => ({ data: null }));
        if (data) dispatch(identity.util.upsertQueryData('me', undefined, data));
      },
    }),
    putConsents: build.mutation<Consents, Body<typeof identityApi.putConsents>>({
      query: (body) => request(identityApi.putConsents, { body }),
      invalidatesTags: ['Me'],
    }),
    linkProvider: build.mutation<{ url: string }, string>({
      query: (provider) => request(identityApi.linkProvider, { body: { provider } }),
    }),
    unlinkProvider: build.mutation<unknown, { provider: string; password?: string }>({
      query: ({ provider, ...body }) => request(identityApi.unlinkProvider, { params: { provider }, body }),
      invalidatesTags: ['Me'],
    }),
    tokens: build.query<readonly ApiToken[], void>({
      query: () => request(identityApi.listTokens, {}),
      transformResponse: (page: { items: ApiToken[] }) => page.items,
      providesTags: ['Tokens'],
    }),
    createToken: build.mutation<ApiToken & { token: string }, Body<typeof identityApi.createToken>>({
      query: (body) => request(identityApi.createToken, { body }),
      invalidatesTags: ['Tokens'],
    }),
    revokeToken: build.mutation<unknown, string>({
      query: (id) => request(identityApi.revokeToken, { params: { id } }),
      invalidatesTags: ['Tokens'],
    }),
    deleteMe: build.mutation<{ receiptUrl: string }, Body<typeof identityApi.deleteMe>>({
      query: (body) => request(identityApi.deleteMe, { body }),
    }),
  }),
});

export const {
  useAuthOptionsQuery,
  useMeQuery,
  useSignUpMutation,
  useSignInMutation,
  useSignInSocialMutation,
  useSignOutMutation,
  useUpdateMeMutation,
  usePutConsentsMutation,
  useLinkProviderMutation,
  useUnlinkProviderMutation,
  useTokensQuery,
  useCreateTokenMutation,
  useRevokeTokenMutation,
  useDeleteMeMutation,
} = identity;
