import type { Migrations, OutboxTables } from '@ptsdly/db';
import { outboxMigration } from '@ptsdly/db';
import { sql } from 'kysely';
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
    /** Ours; better-auth does not know it. */
    locale: string | null;
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

const running = (statements: readonly string[]): Migration => ({
  async up(db) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
});

export const migrations: Migrations = {
  '2026-11-01-outbox': outboxMigration,
  '2026-11-02-accounts': running([...betterAuthTables, ...ourTables]),
  '2027-01-identity-1-api-tokens': running(apiTokenTables),
};
