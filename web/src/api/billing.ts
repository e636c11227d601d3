import {
  type ChangePreview,
  type Checkout,
  type Invoice,
  type PaymentWay,
  type Subscription,
  subscriptionsApi,
} from '@ptsdly/contract';
import { api } from './api.ts';
import { request } from './request.ts';

interface Change {
  readonly id: string;
  readonly planId: string;
  /** Of the preview whose price was shown. */
  readonly previewedAt: string;
}

const params = (id: string) => ({ params: { id } });
/** A refusal may have changed the subscription too: a declined card is written down. */
const touched = { invalidatesTags: ['Servers', 'Subscriptions', 'Invoices'] } as const;

const billing = api.injectEndpoints({
  endpoints: (build) => ({
    preview: build.query<ChangePreview, { readonly id: string; readonly planId: string }>({
      query: (ids) => request(subscriptionsApi.previewChange, { params: ids }),
      keepUnusedDataFor: 0,
    }),
    changePlan: build.mutation<Subscription, Change>({
      query: ({ id, ...body }) => request(subscriptionsApi.changePlan, { ...params(id), body }),
      ...touched,
    }),
    cancelSubscription: build.mutation<Subscription, string>({
      query: (id) => request(subscriptionsApi.cancel, params(id)),
      ...touched,
    }),
    resumeSubscription: build.mutation<Subscription, string>({
      query: (id) => request(subscriptionsApi.resume, params(id)),
      ...touched,
    }),
    payNow: build.mutation<Subscription, string>({
      query: (id) => request(subscriptionsApi.pay, params(id)),
      ...touched,
    }),
    openForExport: build.mutation<Subscription, string>({
      query: (id) => request(subscriptionsApi.exportData, params(id)),
      ...touched,
    }),
    beginCheckout: build.mutation<Checkout, { readonly id: string; readonly way?: PaymentWay }>({
      query: ({ id, way }) => request(subscriptionsApi.checkout, { ...params(id), body: way ? { way } : {} }),
    }),
    setMethod: build.mutation<Subscription, { readonly id: string; readonly reference: string }>({
      query: ({ id, reference }) =>
        request(subscriptionsApi.setMethod, { ...params(id), body: { reference } }),
      ...touched,
    }),
    invoices: build.query<readonly Invoice[], string>({
      query: (id) => request(subscriptionsApi.listInvoices, params(id)),
      transformResponse: (page: { items: Invoice[] }) => page.items,
      providesTags: ['Invoices'],
    }),
  }),
});

export const {
  usePreviewQuery,
  useChangePlanMutation,
  useCancelSubscriptionMutation,
  useResumeSubscriptionMutation,
  usePayNowMutation,
  useOpenForExportMutation,
  useBeginCheckoutMutation,
  useSetMethodMutation,
  useInvoicesQuery,
} = billing;
