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

const PAGE = 50;

/** Other people's links and accounts, for support and administrators. */
const operator = api.injectEndpoints({
  endpoints: (build) => ({
    reports: build.query<readonly Report[], void>({
      query: () => request(reportsApi.listReports, { query: { limit: PAGE } }),
      transformResponse: ({ items }: { items: Report[] }) => items,
      providesTags: ['Reports'],
    }),
    takenDown: build.query<readonly TakenDownLink[], void>({
      query: () => request(reportsApi.listTakenDown, { query: { limit: PAGE } }),
      transformResponse: ({ items }: { items: TakenDownLink[] }) => items,
      providesTags: ['Reports'],
    }),
    decide: build.mutation<unknown, Verdict>({
      query: ({ code, act, note }) => request(verdicts[act], { params: { code }, body: { note } }),
      invalidatesTags: ['Reports', 'Audit'],
    }),
    decisions: build.query<readonly Decision[], void>({
      query: () => request(reportsApi.listDecisions, { query: { limit: PAGE } }),
      transformResponse: ({ items }: { items: Decision[] }) => items,
      providesTags: ['Audit'],
    }),
    accounts: build.query<readonly Account[], string>({
      query: (search) =>
        request(identityApi.listAccounts, { query: { limit: PAGE, ...(search && { search }) } }),
      transformResponse: ({ items }: { items: Account[] }) => items,
      providesTags: ['Accounts'],
    }),
    signOutAccount: build.mutation<unknown, string>({
      query: (id) => request(identityApi.signOutAccount, { params: { id } }),
      invalidatesTags: ['Audit'],
    }),
    accountActs: build.query<readonly AccountAct[], void>({
      query: () => request(identityApi.listAudit, { query: { limit: PAGE } }),
      transformResponse: ({ items }: { items: AccountAct[] }) => items,
      providesTags: ['Audit'],
    }),
    accountServers: build.query<readonly AccountServer[], string>({
      query: (ownerId) => request(serversApi.listAccountServers, { query: { ownerId } }),
      transformResponse: ({ items }: { items: AccountServer[] }) => items,
    }),
    refunds: build.query<readonly RefundDue[], void>({
      query: () => request(refundsApi.listRefunds, {}),
      transformResponse: ({ items }: { items: RefundDue[] }) => items,
    }),
    envelopes: build.query<readonly Envelope[], void>({
      query: () => request(identityApi.listMails, { query: { limit: PAGE } }),
      transformResponse: ({ items }: { items: Envelope[] }) => items,
    }),
    openLetter: build.mutation<Letter, string>({
      query: (id) => request(identityApi.readMail, { params: { id } }),
      invalidatesTags: ['Audit'],
    }),
  }),
});

export const {
  useReportsQuery,
  useTakenDownQuery,
  useDecideMutation,
  useDecisionsQuery,
  useAccountsQuery,
  useSignOutAccountMutation,
  useAccountActsQuery,
  useAccountServersQuery,
  useRefundsQuery,
  useEnvelopesQuery,
  useOpenLetterMutation,
} = operator;
