import type { Role } from '@ptsdly/contract';
import type { Migrations, OutboxTables } from '@ptsdly/db';
import { outboxHeadMigration, outboxMigration } from '@ptsdly/db';
import { type Generated, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Times are ISO 8601 text in UTC, so that they compare as text; that is how better-auth writes them too. */
export interface IdentityTables extends OutboxTables {
  user: {
    id: string;
    name: string;
    email: string;
    emailVerified: number;
    image: string | null;
    createdAt: string;
    updatedAt: string;
    /** These are ours; better-auth does not know them. */
    locale: string | null;
    role: Generated<Role>;
    /** 1: a mail tells of every sign-in on a new device. */
    signInAlerts: Generated<number>;
  };
  session: {
    id: string;
    token: string;
    userId: string;
    expiresAt: string;
    createdAt: string;
    updatedAt: string;
    ipAddress: string | null;
    userAgent: string | null;
  };
  account: {
    id: string;
    accountId: string;
    providerId: string;
    userId: string;
    accessToken: string | null;
    refreshToken: string | null;
    idToken: string | null;
    accessTokenExpiresAt: string | null;
    refreshTokenExpiresAt: string | null;
    scope: string | null;
    password: string | null;
    createdAt: string;
    updatedAt: string;
  };
  verification: {
    id: string;
    identifier: string;
    value: string;
    expiresAt: string;
    createdAt: string;
    updatedAt: string;
  };
  /** Every acceptance of a legal document; the newest of a document counts, the others are the proof. */
  consent: { id: string; userId: string; document: string; version: string; at: string };
  /** Tokens for programs; `hash` is the SHA-256, `scopes` names with spaces between them. */
  api_token: {
    id: string;
    userId: string;
    name: string;
    hash: string;
    hint: string;
    scopes: string;
    createdAt: string;
    expiresAt: string;
    lastUsedAt: string | null;
  };
  /**
   * Letters on their way, and for a while those that were sent, as a count of them. `content` is kept only where no
   * mail server is configured, for the operator to read.
   */
  mail: {
    id: string;
    kind: string;
    email: string;
    userId: string | null;
    locale: string;
    data: string;
    state: 'waiting' | 'sent' | 'kept' | 'failed';
    attempts: number;
    nextAt: string;
    createdAt: string;
    content: string | null;
  };
  /** What a letter's link proves; `hash` is the SHA-256 of the token in it. */
  mail_token: { hash: string; userId: string; purpose: string; email: string; expiresAt: string };
  /** Browsers that have signed in before, by the SHA-256 of a cookie of theirs. */
  device: { userId: string; hash: string; seenAt: string };
  passkey: {
    id: string;
    userId: string;
    credentialId: string;
    /** COSE key in base64url. */
    publicKey: string;
    counter: number;
    /** JSON list. */
    transports: string;
    name: string;
    createdAt: string;
    lastUsedAt: string | null;
  };
  /** `sealed` under the secret; a step is used once (RFC 6238 §5.2). */
  totp: { userId: string; sealed: string; confirmedAt: string | null; lastStep: number };
  recovery_code: { userId: string; hash: string };
  /** What was begun and waits for its second half: a WebAuthn challenge, or a password without its second factor. */
  ceremony: {
    hash: string;
    kind: string;
    userId: string | null;
    data: string;
    attempts: number;
    expiresAt: string;
  };
  /** JPEG, square. */
  picture: { userId: string; hash: string; jpeg: Uint8Array };
  /** What was removed with an account; `hash` of the secret in the receipt's address. Names nobody. */
  receipt: { hash: string; userId: string; createdAt: string; removed: string };
  /** Privileged acts; written, never changed. */
  audit: { id: string; at: string; actor: string; action: string; subject: string; detail: string };
  /** Signing keys; the private half is encrypted under the secret. */
  signing_key: { id: string; publicJwk: string; privateSealed: string; createdAt: string };
}

/**
 * What better-auth's own planner makes for this configuration, written down so that the schema has versions;
 * a test asks the planner whether anything is missing after an upgrade of the library.
 */
const betterAuthTables = [
  `create table "user" ("id" text not null primary key, "name" text not null, "email" text not null unique,
    "emailVerified" integer not null, "image" text, "createdAt" date not null, "updatedAt" date not null,
    "locale" text)`,
  `create table "session" ("id" text not null primary key, "expiresAt" date not null,
    "token" text not null unique, "createdAt" date not null, "updatedAt" date not null, "ipAddress" text,
    "userAgent" text, "userId" text not null references "user" ("id") on delete cascade)`,
  `create table "account" ("id" text not null primary key, "accountId" text not null,
    "providerId" text not null, "userId" text not null references "user" ("id") on delete cascade,
    "accessToken" text, "refreshToken" text, "idToken" text, "accessTokenExpiresAt" date,
    "refreshTokenExpiresAt" date, "scope" text, "password" text, "createdAt" date not null,
    "updatedAt" date not null)`,
  `create table "verification" ("id" text not null primary key, "identifier" text not null,
    "value" text not null, "expiresAt" date not null, "createdAt" date not null, "updatedAt" date not null)`,
  `create index "session_userId_idx" on "session" ("userId")`,
  `create index "session_expiresAt_idx" on "session" ("expiresAt")`,
  `create index "account_userId_idx" on "account" ("userId")`,
  // One account of a provider leads to one user, whatever two sign-ins at the same moment do.
  `create unique index "account_provider_idx" on "account" ("providerId", "accountId")`,
  `create index "verification_identifier_idx" on "verification" ("identifier")`,
];

const ourTables = [
  `create table "consent" ("id" text not null primary key,
    "userId" text not null references "user" ("id") on delete cascade, "document" text not null,
    "version" text not null, "at" text not null, unique ("userId", "document", "version"))`,
  `create table "signing_key" ("id" text not null primary key, "publicJwk" text not null,
    "privateSealed" text not null, "createdAt" text not null)`,
];

const apiTokenTables = [
  `create table "api_token" ("id" text not null primary key,
    "userId" text not null references "user" ("id") on delete cascade, "name" text not null,
    "hash" text not null unique, "hint" text not null, "scopes" text not null, "createdAt" text not null,
    "expiresAt" text not null, "lastUsedAt" text)`,
  `create index "api_token_userId_idx" on "api_token" ("userId")`,
];

const accountTables = [
  `alter table "user" add column "role" text not null default 'user'`,
  `alter table "user" add column "signInAlerts" integer not null default 1`,
  `create table "mail" ("id" text not null primary key, "kind" text not null, "email" text not null,
    "userId" text, "locale" text not null, "data" text not null, "state" text not null,
    "attempts" integer not null, "nextAt" text not null, "createdAt" text not null, "content" text)`,
  `create index "mail_state_idx" on "mail" ("state", "nextAt")`,
  `create index "mail_email_idx" on "mail" ("email", "kind", "createdAt")`,
  `create table "mail_token" ("hash" text not null primary key,
    "userId" text not null references "user" ("id") on delete cascade, "purpose" text not null,
    "email" text not null, "expiresAt" text not null)`,
  `create table "device" ("userId" text not null references "user" ("id") on delete cascade,
    "hash" text not null, "seenAt" text not null, primary key ("userId", "hash"))`,
  `create table "passkey" ("id" text not null primary key,
    "userId" text not null references "user" ("id") on delete cascade, "credentialId" text not null unique,
    "publicKey" text not null, "counter" integer not null, "transports" text not null, "name" text not null,
    "createdAt" text not null, "lastUsedAt" text)`,
  `create index "passkey_userId_idx" on "passkey" ("userId")`,
  `create table "totp" ("userId" text not null primary key references "user" ("id") on delete cascade,
    "sealed" text not null, "confirmedAt" text, "lastStep" integer not null)`,
  `create table "recovery_code" ("userId" text not null references "user" ("id") on delete cascade,
    "hash" text not null, primary key ("userId", "hash"))`,
  `create table "ceremony" ("hash" text not null primary key, "kind" text not null, "userId" text,
    "data" text not null, "attempts" integer not null, "expiresAt" text not null)`,
  `create table "picture" ("userId" text not null primary key references "user" ("id") on delete cascade,
    "hash" text not null, "jpeg" blob not null)`,
  `create table "receipt" ("hash" text not null primary key, "userId" text not null, "createdAt" text not null,
    "removed" text not null)`,
  `create index "receipt_userId_idx" on "receipt" ("userId")`,
  `create table "audit" ("id" text not null primary key, "at" text not null, "actor" text not null,
    "action" text not null, "subject" text not null, "detail" text not null)`,
];

const running = (statements: readonly string[]): Migration => ({
  async up(db) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
});

export const migrations: Migrations = {
  '2026-11-01-outbox': outboxMigration,
  '2026-11-02-accounts': running([...betterAuthTables, ...ourTables]),
  '2027-01-identity-1-api-tokens': running(apiTokenTables),
  '2027-01-identity-2-accounts': running(accountTables),
  '2027-02-databases-outbox-head': outboxHeadMigration,
};
