import {
  type CallOutput,
  identityApi,
  type RefundDue,
  type Report,
  refundsApi,
  reportsApi,
  serversApi,
  type TakenDownLink,
} from '@ptsdly/contract';
import { api } from './api.ts';
import { request } from './request.ts';

export type Account = CallOutput<typeof identityApi.listAccounts>['items'][number];
type AccountAct = CallOutput<typeof identityApi.listAudit>['items'][number];
type Envelope = CallOutput<typeof identityApi.listMails>['items'][number];
type Letter = CallOutput<typeof identityApi.readMail>;
export type AccountServer = CallOutput<typeof serversApi.listAccountServers>['items'][number];
type Decision = CallOutput<typeof reportsApi.listDecisions>['items'][number];

/** What an operator does about a reported link. */
export interface Verdict {
  readonly code: string;
  readonly act: 'takedown' | 'restore' | 'dismiss';
  readonly note: string;
}

const verdicts = {
  takedown: reportsApi.takeDownLink,
  restore: reportsApi.restoreLink,
  dismiss: reportsApi.dismissLinkReports,
} as const;

interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

const pages = {
  initialPageParam: '',
  getNextPageParam: ({ nextCursor }: Page<unknown>) => nextCursor ?? undefined,
};
const from = (cursor: string) => ({ limit: 50, cursor: cursor || undefined });

/** Other people's links and accounts, for support and administrators. */
const operator = api.injectEndpoints({
  endpoints: (build) => ({
    reports: build.infiniteQuery<Page<Report>, void, string>({
      infiniteQueryOptions: pages,
      query: ({ pageParam }) => request(reportsApi.listReports, { query: from(pageParam) }),
      providesTags: ['Reports'],
    }),
    takenDown: build.infiniteQuery<Page<TakenDownLink>, void, string>({
      infiniteQueryOptions: pages,
      query: ({ pageParam }) => request(reportsApi.listTakenDown, { query: from(pageParam) }),
      providesTags: ['Reports'],
    }),
    decide: build.mutation<unknown, Verdict>({
      query: ({ code, act, note }) => request(verdicts[act], { params: { code }, body: { note } }),
      invalidatesTags: ['Reports', 'Audit'],
    }),
    decisions: build.infiniteQuery<Page<Decision>, void, string>({
      infiniteQueryOptions: pages,
      query: ({ pageParam }) => request(reportsApi.listDecisions, { query: from(pageParam) }),
      providesTags: ['Audit'],
    }),
    accounts: build.infiniteQuery<Page<Account>, string, string>({
      infiniteQueryOptions: pages,
      query: ({ queryArg: search, pageParam }) =>
        request(identityApi.listAccounts, { query: { ...from(pageParam), ...(search && { search }) } }),
      providesTags: ['Accounts'],
    }),
    signOutAccount: build.mutation<unknown, string>({
      query: (id) => request(identityApi.signOutAccount, { params: { id } }),
      invalidatesTags: ['Audit'],
    }),
    accountActs: build.infiniteQuery<Page<AccountAct>, void, string>({
      infiniteQueryOptions: pages,
      query: ({ pageParam }) => request(identityApi.listAudit, { query: from(pageParam) }),
      providesTags: ['Audit'],
    }),
    accountServers: build.infiniteQuery<Page<AccountServer>, string, string>({
      infiniteQueryOptions: pages,
      query: ({ queryArg: ownerId, pageParam }) =>
        request(serversApi.listAccountServers, { query: { ...from(pageParam), ownerId } }),
    }),
    refunds: build.query<readonly RefundDue[], void>({
      query: () => request(refundsApi.listRefunds, {}),
      transformResponse: ({ items }: { items: RefundDue[] }) => items,
    }),
    envelopes: build.infiniteQuery<Page<Envelope>, void, string>({
      infiniteQueryOptions: pages,
      query: ({ pageParam }) => request(identityApi.listMails, { query: from(pageParam) }),
    }),
    openLetter: build.mutation<Letter, string>({
      query: (id) => request(identityApi.readMail, { params: { id } }),
      invalidatesTags: ['Audit'],
    }),
  }),
});

export const {
  useReportsInfiniteQuery,
  useTakenDownInfiniteQuery,
  useDecideMutation,
  useDecisionsInfiniteQuery,
  useAccountsInfiniteQuery,
  useSignOutAccountMutation,
  useAccountActsInfiniteQuery,
  useAccountServersInfiniteQuery,
  useRefundsQuery,
  useEnvelopesInfiniteQuery,
  useOpenLetterMutation,
} = operator;
