import {
  type CallInput,
  type NewWebhook,
  type Webhook,
  type WebhookDelivery,
  webhooksApi,
} from '@ptsdly/contract';
import { api } from './api.ts';
import { request } from './request.ts';

type Fields = CallInput<typeof webhooksApi.createWebhook>['body'];
type Changes = CallInput<typeof webhooksApi.updateWebhook>['body'];

const webhooks = api.injectEndpoints({
  endpoints: (build) => ({
    webhooks: build.query<readonly Webhook[], void>({
      query: () => request(webhooksApi.listWebhooks, {}),
      transformResponse: ({ items }: { items: Webhook[] }) => items,
      providesTags: ['Webhooks'],
    }),
    deliveries: build.query<readonly WebhookDelivery[], string>({
      query: (id) => request(webhooksApi.listDeliveries, { params: { id }, query: { limit: 20 } }),
      transformResponse: ({ items }: { items: WebhookDelivery[] }) => items,
      providesTags: ['Deliveries'],
    }),
    createWebhook: build.mutation<NewWebhook, Fields>({
      query: (body) => request(webhooksApi.createWebhook, { body }),
      invalidatesTags: ['Webhooks'],
    }),
    updateWebhook: build.mutation<Webhook, Changes & { readonly id: string }>({
      query: ({ id, ...body }) => request(webhooksApi.updateWebhook, { params: { id }, body }),
      invalidatesTags: ['Webhooks'],
    }),
    deleteWebhook: build.mutation<null, string>({
      query: (id) => request(webhooksApi.deleteWebhook, { params: { id } }),
      invalidatesTags: ['Webhooks'],
    }),
    renewSecret: build.mutation<NewWebhook, string>({
      query: (id) => request(webhooksApi.renewWebhookSecret, { params: { id } }),
      invalidatesTags: ['Webhooks'],
    }),
    testWebhook: build.mutation<WebhookDelivery, string>({
      query: (id) => request(webhooksApi.testWebhook, { params: { id } }),
      invalidatesTags: ['Deliveries'],
    }),
    redeliver: build.mutation<WebhookDelivery, { readonly id: string; readonly deliveryId: string }>({
      query: (params) => request(webhooksApi.redeliver, { params }),
      invalidatesTags: ['Deliveries'],
    }),
  }),
});

export const {
  useWebhooksQuery,
  useDeliveriesQuery,
  useCreateWebhookMutation,
  useUpdateWebhookMutation,
  useDeleteWebhookMutation,
  useRenewSecretMutation,
  useTestWebhookMutation,
  useRedeliverMutation,
} = webhooks;
