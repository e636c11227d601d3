import { type accountApi, type adminApi, type entryApi, type identityApi, Problem } from '@ptsdly/contract';
import type { Handlers } from '@ptsdly/kit';
import type { Credentials } from './credentials.ts';
import { type Entry, localeOf } from './entry.ts';
import type { Outbox } from './mail/outbox.ts';
import type { Passkeys } from './passkeys.ts';
import type { People } from './people.ts';
import type { Pictures } from './pictures.ts';
import type { Reauthentication } from './reauthentication.ts';
import type { Receipts } from './receipts.ts';
import type { SecondFactor } from './second-factor.ts';
import type { SessionList } from './session-list.ts';
import type { Users } from './users.ts';

export interface AccountParts {
  readonly users: Users;
  readonly credentials: Credentials;
  readonly reauthentication: Reauthentication;
  readonly secondFactor: SecondFactor;
  readonly passkeys: Passkeys;
  readonly entry: Entry;
  readonly sessionList: SessionList;
  readonly pictures: Pictures;
  readonly people: People;
  readonly receipts: Receipts;
  readonly outbox: Outbox;
}

export function entryHandlers({ credentials, entry, passkeys, receipts }: AccountParts) {
  return {
    forgotPassword: ({ body, request }) => credentials.forgot(body.email, localeOf(request)),
    resetPassword: ({ body, request }) => credentials.reset(body.token, body.password, localeOf(request)),
    confirmEmail: ({ body, request }) => credentials.confirmEmail(body.token, localeOf(request)),
    signInSecondFactor: ({ body, ...visit }) => entry.signInSecondFactor(body.code, visit),
    passkeySignInOptions: async (visit) => entry.demand(await passkeys.beginSignIn(), visit),
    signInPasskey: ({ body, ...visit }) => entry.signInPasskey(body.response, visit),
    receipt: ({ params }) => receipts.read(params.secret),
  } satisfies Handlers<typeof entryApi>;
}

export function accountHandlers(parts: AccountParts) {
  const { users, credentials, reauthentication, secondFactor, passkeys, entry, sessionList } = parts;
  return {
    verifyEmail: ({ caller, request }) => credentials.verifyEmail(caller, localeOf(request)),
    changeEmail: ({ caller, body, request }) => credentials.requestEmail(caller, body, localeOf(request)),
    changePassword: ({ caller, body, request }) =>
      credentials.changePassword(caller, body, localeOf(request)),
    security: async ({ caller }) => {
      await users.me(caller);
      return {
        hasPassword: (await reauthentication.passwordHash(caller.sub)) !== undefined,
        hasSecondFactor: await secondFactor.isOn(caller.sub),
        recoveryCodesLeft: await secondFactor.recoveryCodesLeft(caller.sub),
        passkeys: await passkeys.list(caller.sub),
      };
    },
    beginSecondFactor: async ({ caller, body }) => {
      await reauthentication.require(caller, body.password);
      const { email, name } = await users.me(caller);
      return secondFactor.begin(caller, email ?? name);
    },
    confirmSecondFactor: async ({ caller, body, request }) => {
      await users.me(caller);
      const codes = await secondFactor.confirm(caller, body.code);
      await credentials.tellOfChange(caller, 'second-factor-on', localeOf(request));
      return codes;
    },
    renewRecoveryCodes: async ({ caller, body, request }) => {
      await reauthentication.require(caller, body.password);
      const codes = await secondFactor.renew(caller.sub);
      await credentials.tellOfChange(caller, 'recovery-codes', localeOf(request));
      return codes;
    },
    endSecondFactor: async ({ caller, body, request }) => {
      await reauthentication.require(caller, body.password);
      await secondFactor.switchOff(caller.sub);
      return credentials.tellOfChange(caller, 'second-factor-off', localeOf(request));
    },
    beginPasskey: async ({ caller, body, ...visit }) => {
      await reauthentication.require(caller, body.password);
      const { email, name } = await users.me(caller);
      return entry.demand(await passkeys.beginAdding(caller, email ?? name), visit);
    },
    addPasskey: async ({ caller, body, ...visit }) => {
      await users.me(caller);
      const added = await passkeys.add(caller, entry.ticket(visit), body.name, body.response);
      await credentials.tellOfChange(caller, 'passkey-added', localeOf(visit.request));
      return added;
    },
    removePasskey: async ({ caller, params, body, request }) => {
      await users.me(caller);
      const mine = await passkeys.list(caller.sub);
      if (!mine.some(({ id }) => id === params.id)) throw new Problem('not_found');
      await reauthentication.require(caller, body.password);
      await passkeys.remove(caller, params.id);
      return credentials.tellOfChange(caller, 'passkey-removed', localeOf(request));
    },
    listSessions: async ({ caller }) => ({ items: await sessionList.list(caller) }),
    endSession: ({ caller, params }) => sessionList.end(caller, params.id),
    endOtherSessions: ({ caller }) => sessionList.endOthers(caller),
    exportMe: ({ caller }) => users.export(caller),
  } satisfies Handlers<typeof accountApi>;
}

export function pictureHandlers({ users, pictures }: AccountParts) {
  return {
    putPicture: async ({ caller, body }) => {
      await pictures.put(caller, Buffer.from(body.image, 'base64'));
      return users.me(caller);
    },
    deletePicture: async ({ caller }) => {
      await pictures.remove(caller);
      return users.me(caller);
    },
  } satisfies Handlers<Pick<typeof identityApi, 'putPicture' | 'deletePicture'>>;
}

export function adminHandlers({ people, outbox }: AccountParts) {
  return {
    listAccounts: ({ caller, query }) => people.list(caller, query),
    setRole: ({ caller, params, body }) => people.setRole(caller, params.id, body.role),
    signOutAccount: ({ caller, params }) => people.signOut(caller, params.id),
    listAudit: ({ caller, query }) => people.trail(caller, query),
    listMails: ({ caller, query }) => outbox.list(caller, query),
    readMail: ({ caller, params }) => outbox.read(caller, params.id),
  } satisfies Handlers<typeof adminApi>;
}
