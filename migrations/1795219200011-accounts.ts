import { type MigrationInterface, type QueryRunner } from 'typeorm';

/**
 * Who may act: accounts, their roles, sessions and keys, and what a repeated POST answers.
 * Keys from before keep working without an account, as principals of their own.
 */
export class Accounts1795219200011 implements MigrationInterface {
  readonly name = 'Accounts1795219200011';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE signalbox.account (
        id text PRIMARY KEY CHECK (id ~ '^(user|service):[0-9a-f-]{36}$'),
        kind text NOT NULL CHECK (kind IN ('user', 'service')),
        name text NOT NULL UNIQUE,
        email text,
        roles text[] NOT NULL,
        tenant text,
        disabled_at timestamptz,
        created_at timestamptz NOT NULL,
        created_by text NOT NULL,
        version integer NOT NULL DEFAULT 1
      );
      CREATE UNIQUE INDEX account_by_email ON signalbox.account (lower(email)) WHERE email IS NOT NULL;
      CREATE TABLE signalbox.oidc_identity (
        issuer text NOT NULL,
        subject text NOT NULL,
        account_id text NOT NULL REFERENCES signalbox.account,
        created_at timestamptz NOT NULL,
        last_login_at timestamptz NOT NULL,
        PRIMARY KEY (issuer, subject)
      );
      CREATE INDEX oidc_identity_by_account ON signalbox.oidc_identity (account_id);
      ALTER TABLE signalbox.api_key
        ADD COLUMN account_id text REFERENCES signalbox.account,
        ADD COLUMN issued_by text,
        ADD COLUMN tenant text,
        ADD COLUMN requests_per_minute integer CHECK (requests_per_minute > 0);
      CREATE INDEX api_key_by_account ON signalbox.api_key (account_id, created_at) WHERE account_id IS NOT NULL;
      -- The secret of a session is in its cookie only; account_id is null where a key without an account opened it.
      CREATE TABLE signalbox.session (
        id uuid PRIMARY KEY,
        secret_hash bytea NOT NULL UNIQUE,
        account_id text REFERENCES signalbox.account,
        key_id uuid REFERENCES signalbox.api_key,
        created_at timestamptz NOT NULL,
        last_seen_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        revoked_at timestamptz,
        CHECK (account_id IS NOT NULL OR key_id IS NOT NULL)
      );
      CREATE INDEX session_by_account ON signalbox.session (account_id, created_at);
      CREATE INDEX session_by_key ON signalbox.session (key_id);
      CREATE INDEX session_by_expiry ON signalbox.session (expires_at);
      CREATE TABLE signalbox.oidc_login (
        state_hash bytea PRIMARY KEY,
        nonce text NOT NULL,
        verifier text NOT NULL,
        return_to text NOT NULL,
        created_at timestamptz NOT NULL
      );
      CREATE TABLE signalbox.idempotency_key (
        account_id text NOT NULL,
        key text NOT NULL,
        operation text NOT NULL,
        request_digest bytea NOT NULL,
        status integer,
        headers jsonb,
        body text,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (account_id, key)
      );
      CREATE INDEX idempotency_key_by_age ON signalbox.idempotency_key (created_at);
      -- Columns as rate-limiter-flexible has them. Not logged: counts may be lost in a crash.
      CREATE UNLOGGED TABLE signalbox.rate_limit (
        key varchar(255) PRIMARY KEY,
        points integer NOT NULL DEFAULT 0,
        expire bigint
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE signalbox.rate_limit;
      DROP TABLE signalbox.idempotency_key;
      DROP TABLE signalbox.oidc_login;
      DROP TABLE signalbox.session;
      ALTER TABLE signalbox.api_key DROP COLUMN account_id, DROP COLUMN issued_by, DROP COLUMN tenant, DROP COLUMN requests_per_minute;
      DROP TABLE signalbox.oidc_identity;
      DROP TABLE signalbox.account;
    `);
  }
}
