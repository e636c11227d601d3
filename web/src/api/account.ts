import {
  type CallInput,
  type CallOutput,
  type DeviceRequest,
  identityApi,
  type Me,
  type Passkey,
  type Receipt,
  type Security,
  type SignedInDevice,
} from '@ptsdly/contract';
import { api } from './api.ts';
import { request } from './request.ts';

type Body<E> = CallInput<E> extends { readonly body: infer B } ? B : never;
type RecoveryCodes = CallOutput<typeof identityApi.confirmSecondFactor>;
type Ceremony = CallOutput<typeof identityApi.beginPasskey>;
interface Password {
  readonly password?: string;
}

/** Ways in, proofs and what my page shows of them. */
const account = api.injectEndpoints({
  endpoints: (build) => ({
    forgotPassword: build.mutation<unknown, string>({
      query: (email) => request(identityApi.forgotPassword, { body: { email } }),
    }),
    resetPassword: build.mutation<unknown, Body<typeof identityApi.resetPassword>>({
      query: (body) => request(identityApi.resetPassword, { body }),
    }),
    confirmEmail: build.mutation<{ email: string }, string>({
      query: (token) => request(identityApi.confirmEmail, { body: { token } }),
      invalidatesTags: ['Me'],
    }),
    signInSecondFactor: build.mutation<unknown, string>({
      query: (code) => request(identityApi.signInSecondFactor, { body: { code } }),
      invalidatesTags: (_, error) => (error ? [] : ['Me', 'Servers', 'Subscriptions']),
    }),
    passkeySignInOptions: build.mutation<Ceremony, void>({
      query: () => request(identityApi.passkeySignInOptions, {}),
    }),
    signInPasskey: build.mutation<unknown, Record<string, unknown>>({
      query: (response) => request(identityApi.signInPasskey, { body: { response } }),
      invalidatesTags: (_, error) => (error ? [] : ['Me', 'Servers', 'Subscriptions']),
    }),
    receipt: build.query<Receipt, string>({
      query: (secret) => request(identityApi.receipt, { params: { secret } }),
    }),
    verifyEmail: build.mutation<unknown, void>({ query: () => request(identityApi.verifyEmail, {}) }),
    changeEmail: build.mutation<unknown, Body<typeof identityApi.changeEmail>>({
      query: (body) => request(identityApi.changeEmail, { body }),
    }),
    changePassword: build.mutation<unknown, Body<typeof identityApi.changePassword>>({
      query: (body) => request(identityApi.changePassword, { body }),
      invalidatesTags: ['Me', 'Security'],
    }),
    security: build.query<Security, void>({
      query: () => request(identityApi.security, {}),
      providesTags: ['Security'],
    }),
    beginSecondFactor: build.mutation<{ secret: string; uri: string }, Password>({
      query: (body) => request(identityApi.beginSecondFactor, { body }),
    }),
    confirmSecondFactor: build.mutation<RecoveryCodes, string>({
      query: (code) => request(identityApi.confirmSecondFactor, { body: { code } }),
      invalidatesTags: ['Security'],
    }),
    renewRecoveryCodes: build.mutation<RecoveryCodes, Password>({
      query: (body) => request(identityApi.renewRecoveryCodes, { body }),
      invalidatesTags: ['Security'],
    }),
    endSecondFactor: build.mutation<unknown, Password>({
      query: (body) => request(identityApi.endSecondFactor, { body }),
      invalidatesTags: ['Security'],
    }),
    beginPasskey: build.mutation<Ceremony, Password>({
      query: (body) => request(identityApi.beginPasskey, { body }),
    }),
    addPasskey: build.mutation<Passkey, Body<typeof identityApi.addPasskey>>({
      query: (body) => request(identityApi.addPasskey, { body }),
      invalidatesTags: ['Security'],
    }),
    removePasskey: build.mutation<unknown, Password & { id: string }>({
      query: ({ id, ...body }) => request(identityApi.removePasskey, { params: { id }, body }),
      invalidatesTags: ['Security'],
    }),
    sessions: build.query<readonly SignedInDevice[], void>({
      query: () => request(identityApi.listSessions, {}),
      transformResponse: (page: { items: SignedInDevice[] }) => page.items,
      providesTags: ['Sessions'],
    }),
    endSession: build.mutation<unknown, string>({
      query: (id) => request(identityApi.endSession, { params: { id } }),
      invalidatesTags: ['Sessions'],
    }),
    endOtherSessions: build.mutation<unknown, void>({
      query: () => request(identityApi.endOtherSessions, {}),
      invalidatesTags: ['Sessions', 'Tokens'],
    }),
    findDeviceGrant: build.mutation<DeviceRequest, string>({
      query: (userCode) => request(identityApi.findDeviceGrant, { body: { userCode } }),
    }),
    decideDeviceGrant: build.mutation<unknown, Body<typeof identityApi.decideDeviceGrant>>({
      query: (body) => request(identityApi.decideDeviceGrant, { body }),
      invalidatesTags: ['Sessions'],
    }),
    putPicture: build.mutation<Me, string>({
      query: (image) => request(identityApi.putPicture, { body: { image } }),
      invalidatesTags: ['Me'],
    }),
    deletePicture: build.mutation<Me, void>({
      query: () => request(identityApi.deletePicture, {}),
      invalidatesTags: ['Me'],
    }),
    exportMe: build.mutation<Record<string, unknown>, void>({
      query: () => request(identityApi.exportMe, {}),
    }),
  }),
});

export const {
  useForgotPasswordMutation,
  useResetPasswordMutation,
  useConfirmEmailMutation,
  useSignInSecondFactorMutation,
  usePasskeySignInOptionsMutation,
  useSignInPasskeyMutation,
  useReceiptQuery,
  useVerifyEmailMutation,
  useChangeEmailMutation,
  useChangePasswordMutation,
  useSecurityQuery,
  useBeginSecondFactorMutation,
  useConfirmSecondFactorMutation,
  useRenewRecoveryCodesMutation,
  useEndSecondFactorMutation,
  useBeginPasskeyMutation,
  useAddPasskeyMutation,
  useRemovePasskeyMutation,
  useSessionsQuery,
  useEndSessionMutation,
  useEndOtherSessionsMutation,
  useFindDeviceGrantMutation,
  useDecideDeviceGrantMutation,
  usePutPictureMutation,
  useDeletePictureMutation,
  useExportMeMutation,
} = account;
