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
  /** A program that asks to be let in (RFC 8628); both codes as SHA-256, `interval` in seconds. */
  device_grant: {
    id: string;
    hash: string;
    userCodeHash: string;
    name: string;
    scopes: string;
    state: 'waiting' | 'approved' | 'denied';
    userId: string | null;
    interval: number;
    askedAt: string;
    expiresAt: string;
  };
  /** A program that was let in, with the hashes of its newest refresh token and of the one before. */
  program: {
    id: string;
    userId: string;
    name: string;
    scopes: string;
    familyHash: string;
    currentHash: string;
    formerHash: string | null;
    createdAt: string;
    rotatedAt: string;
    expiresAt: string;
  };
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
  `create table "user" ("id" varchar(64) not null primary key, "name" text not null, "email" varchar(320) not null unique,
    "emailVerified" integer not null, "image" text, "createdAt" varchar(30) not null, "updatedAt" varchar(30) not null,
    "locale" text)`,
  `create table "session" ("id" varchar(64) not null primary key, "expiresAt" varchar(30) not null,
    "token" varchar(255) not null unique, "createdAt" varchar(30) not null, "updatedAt" varchar(30) not null, "ipAddress" text,
    "userAgent" text, "userId" varchar(64) not null references "user" ("id") on delete cascade)`,
  `create table "account" ("id" varchar(64) not null primary key, "accountId" varchar(255) not null,
    "providerId" varchar(100) not null, "userId" varchar(64) not null references "user" ("id") on delete cascade,
    "accessToken" text, "refreshToken" text, "idToken" text, "accessTokenExpiresAt" varchar(30),
    "refreshTokenExpiresAt" varchar(30), "scope" text, "password" text, "createdAt" varchar(30) not null,
    "updatedAt" varchar(30) not null)`,
  `create table "verification" ("id" varchar(64) not null primary key, "identifier" varchar(255) not null,
    "value" text not null, "expiresAt" varchar(30) not null, "createdAt" varchar(30) not null, "updatedAt" varchar(30) not null)`,
  `create index "session_userId_idx" on "session" ("userId")`,
  `create index "session_expiresAt_idx" on "session" ("expiresAt")`,
  `create index "account_userId_idx" on "account" ("userId")`,
  // One account of a provider leads to one user, whatever two sign-ins at the same moment do.
  `create unique index "account_provider_idx" on "account" ("providerId", "accountId")`,
  `create index "verification_identifier_idx" on "verification" ("identifier")`,
];

const ourTables = [
  `create table "consent" ("id" varchar(64) not null primary key,
    "userId" varchar(64) not null references "user" ("id") on delete cascade, "document" varchar(40) not null,
    "version" varchar(60) not null, "at" varchar(30) not null, unique ("userId", "document", "version"))`,
  `create table "signing_key" ("id" varchar(64) not null primary key, "publicJwk" text not null,
    "privateSealed" text not null, "createdAt" varchar(30) not null)`,
];

const apiTokenTables = [
  `create table "api_token" ("id" varchar(64) not null primary key,
    "userId" varchar(64) not null references "user" ("id") on delete cascade, "name" text not null,
    "hash" varchar(64) not null unique, "hint" text not null, "scopes" text not null, "createdAt" varchar(30) not null,
    "expiresAt" varchar(30) not null, "lastUsedAt" varchar(30))`,
  `create index "api_token_userId_idx" on "api_token" ("userId")`,
];

const accountTables = [
  `alter table "user" add column "role" text not null default 'user'`,
  `alter table "user" add column "signInAlerts" integer not null default 1`,
  `create table "mail" ("id" varchar(64) not null primary key, "kind" varchar(40) not null, "email" varchar(320) not null,
    "userId" varchar(64), "locale" text not null, "data" mediumtext not null, "state" varchar(20) not null,
    "attempts" integer not null, "nextAt" varchar(30) not null, "createdAt" varchar(30) not null, "content" mediumtext)`,
  `create index "mail_state_idx" on "mail" ("state", "nextAt")`,
  `create index "mail_email_idx" on "mail" ("email", "kind", "createdAt")`,
  `create table "mail_token" ("hash" varchar(64) not null primary key,
    "userId" varchar(64) not null references "user" ("id") on delete cascade, "purpose" text not null,
    "email" varchar(320) not null, "expiresAt" varchar(30) not null)`,
  `create table "device" ("userId" varchar(64) not null references "user" ("id") on delete cascade,
    "hash" varchar(64) not null, "seenAt" varchar(30) not null, primary key ("userId", "hash"))`,
  `create table "passkey" ("id" varchar(64) not null primary key,
    "userId" varchar(64) not null references "user" ("id") on delete cascade, "credentialId" varchar(1400) not null unique,
    "publicKey" text not null, "counter" integer not null, "transports" text not null, "name" text not null,
    "createdAt" varchar(30) not null, "lastUsedAt" varchar(30))`,
  `create index "passkey_userId_idx" on "passkey" ("userId")`,
  `create table "totp" ("userId" varchar(64) not null primary key references "user" ("id") on delete cascade,
    "sealed" text not null, "confirmedAt" varchar(30), "lastStep" integer not null)`,
  `create table "recovery_code" ("userId" varchar(64) not null references "user" ("id") on delete cascade,
    "hash" varchar(64) not null, primary key ("userId", "hash"))`,
  `create table "ceremony" ("hash" varchar(64) not null primary key, "kind" varchar(40) not null, "userId" varchar(64),
    "data" mediumtext not null, "attempts" integer not null, "expiresAt" varchar(30) not null)`,
  `create table "picture" ("userId" varchar(64) not null primary key references "user" ("id") on delete cascade,
    "hash" varchar(64) not null, "jpeg" mediumblob not null)`,
  `create table "receipt" ("hash" varchar(64) not null primary key, "userId" varchar(64) not null, "createdAt" varchar(30) not null,
    "removed" text not null)`,
  `create index "receipt_userId_idx" on "receipt" ("userId")`,
  `create table "audit" ("id" varchar(64) not null primary key, "at" varchar(30) not null, "actor" text not null,
    "action" text not null, "subject" text not null, "detail" text not null)`,
];

const programTables = [
  `create table "device_grant" ("id" varchar(64) not null primary key, "hash" varchar(64) not null unique,
    "userCodeHash" varchar(64) not null unique, "name" text not null, "scopes" text not null, "state" varchar(20) not null,
    "userId" varchar(64) references "user" ("id") on delete cascade, "interval" integer not null,
    "askedAt" varchar(30) not null, "expiresAt" varchar(30) not null)`,
  `create table "program" ("id" varchar(64) not null primary key,
    "userId" varchar(64) not null references "user" ("id") on delete cascade, "name" text not null, "scopes" text not null,
    "familyHash" varchar(64) not null unique, "currentHash" varchar(64) not null, "formerHash" varchar(64),
    "createdAt" varchar(30) not null, "rotatedAt" varchar(30) not null, "expiresAt" varchar(30) not null)`,
  `create index "program_userId_idx" on "program" ("userId")`,
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
  '2027-03-gateway-programs': running(programTables),
};
