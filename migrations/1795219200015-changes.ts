import { type MigrationInterface, type QueryRunner } from 'typeorm';

/**
 * Change requests with their evidence, approvals, discussion and history; freeze windows, versions of
 * the change policy, and which models change only by approved requests.
 */
export class Changes1795219200015 implements MigrationInterface {
  readonly name = 'Changes1795219200015';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE signalbox.governance_mode (
        model text PRIMARY KEY,
        mode text NOT NULL CHECK (mode IN ('open', 'required')),
        generation integer NOT NULL CHECK (generation >= 1),
        updated_at timestamptz NOT NULL,
        updated_by text NOT NULL
      );
      -- Versions are only added; version 0 is the default that ships with the program.
      CREATE TABLE signalbox.change_policy (
        version integer PRIMARY KEY CHECK (version >= 1),
        policies text NOT NULL,
        limits jsonb NOT NULL,
        sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
        created_at timestamptz NOT NULL,
        created_by text NOT NULL,
        change_id uuid
      );
      CREATE TABLE signalbox.change_request (
        id uuid PRIMARY KEY,
        number integer GENERATED ALWAYS AS IDENTITY UNIQUE,
        -- null where the change concerns no single model.
        model text,
        type text NOT NULL,
        class text NOT NULL CHECK (class IN ('normal', 'standard', 'emergency')),
        state text NOT NULL CHECK (state IN ('draft', 'open', 'approved', 'scheduled', 'applying', 'applied', 'failed', 'rejected', 'withdrawn', 'expired', 'superseded')),
        -- Grows with each write: the ETag.
        revision integer NOT NULL CHECK (revision >= 1),
        title text NOT NULL,
        reason text NOT NULL,
        payload jsonb NOT NULL,
        -- What it replaces and what it will write, fixed by digest when it was planned.
        base jsonb NOT NULL,
        effect jsonb NOT NULL,
        digest text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
        author text NOT NULL,
        author_name text NOT NULL,
        -- Accounts that wrote it, and those that handed out a key with which that was done: none of them approves it.
        involved text[] NOT NULL,
        issuers text[] NOT NULL,
        supersedes uuid REFERENCES signalbox.change_request (id),
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        submitted_at timestamptz,
        expires_at timestamptz NOT NULL,
        schedule jsonb,
        break_glass jsonb,
        decision jsonb,
        applied_at timestamptz,
        applied_by text,
        outcome jsonb
      );
      CREATE INDEX change_request_newest ON signalbox.change_request (number DESC);
      CREATE INDEX change_request_by_model ON signalbox.change_request (model, number DESC);
      CREATE INDEX change_request_by_state ON signalbox.change_request (state, number DESC);
      CREATE TABLE signalbox.change_evidence (
        id uuid PRIMARY KEY,
        change_id uuid NOT NULL REFERENCES signalbox.change_request (id),
        kind text NOT NULL,
        title text NOT NULL,
        sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
        size_bytes integer CHECK (size_bytes >= 0),
        media_type text,
        -- Either the content itself or where it lies.
        content text,
        url text,
        added_by text NOT NULL,
        added_by_name text NOT NULL,
        added_at timestamptz NOT NULL,
        removed_at timestamptz,
        removed_by text,
        CHECK ((content IS NULL) <> (url IS NULL))
      );
      CREATE INDEX change_evidence_by_change ON signalbox.change_evidence (change_id, added_at);
      CREATE TABLE signalbox.change_approval (
        id uuid PRIMARY KEY,
        change_id uuid NOT NULL REFERENCES signalbox.change_request (id),
        verdict text NOT NULL CHECK (verdict IN ('approve', 'reject')),
        account text NOT NULL,
        account_name text NOT NULL,
        key_id text,
        issued_by text,
        roles text[] NOT NULL,
        -- Of the change and the evidence together, as the approver saw them.
        digest text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
        change_digest text NOT NULL CHECK (change_digest ~ '^[0-9a-f]{64}$'),
        policy_version integer NOT NULL,
        evidence text[] NOT NULL,
        comment text NOT NULL,
        at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        revoked_at timestamptz,
        revoked_reason text
      );
      CREATE INDEX change_approval_by_change ON signalbox.change_approval (change_id, at);
      CREATE TABLE signalbox.change_comment (
        id uuid PRIMARY KEY,
        change_id uuid NOT NULL REFERENCES signalbox.change_request (id),
        account text NOT NULL,
        account_name text NOT NULL,
        text text NOT NULL,
        at timestamptz NOT NULL
      );
      CREATE INDEX change_comment_by_change ON signalbox.change_comment (change_id, at);
      CREATE TABLE signalbox.change_event (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        change_id uuid NOT NULL REFERENCES signalbox.change_request (id),
        at timestamptz NOT NULL,
        actor text NOT NULL,
        event text NOT NULL,
        from_state text,
        to_state text NOT NULL,
        detail jsonb NOT NULL
      );
      CREATE INDEX change_event_by_change ON signalbox.change_event (change_id, id);
      CREATE FUNCTION signalbox.refuse_history_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP;
      END $$;
      CREATE TRIGGER change_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON signalbox.change_event
        FOR EACH STATEMENT EXECUTE FUNCTION signalbox.refuse_history_change();
      CREATE TRIGGER change_policy_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON signalbox.change_policy
        FOR EACH STATEMENT EXECUTE FUNCTION signalbox.refuse_history_change();
      CREATE TABLE signalbox.freeze_window (
        id uuid PRIMARY KEY,
        name text NOT NULL,
        reason text NOT NULL,
        -- null: all models.
        model text,
        starts_at timestamptz NOT NULL,
        ends_at timestamptz NOT NULL,
        generation integer NOT NULL CHECK (generation >= 1),
        created_by text NOT NULL,
        created_at timestamptz NOT NULL,
        deleted_at timestamptz,
        CHECK (ends_at > starts_at)
      );
      -- What was done on behalf of a change or rollout, for its dossier.
      CREATE INDEX audit_entry_by_cause ON signalbox.audit_entry ((detail->>'causeId')) WHERE detail->>'causeId' IS NOT NULL;
      CREATE INDEX freeze_window_by_end ON signalbox.freeze_window (ends_at DESC, id);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX signalbox.audit_entry_by_cause;
      DROP TABLE signalbox.freeze_window;
      DROP TABLE signalbox.change_event;
      DROP TABLE signalbox.change_comment;
      DROP TABLE signalbox.change_approval;
      DROP TABLE signalbox.change_evidence;
      DROP TABLE signalbox.change_request;
      DROP TABLE signalbox.change_policy;
      DROP FUNCTION signalbox.refuse_history_change();
      DROP TABLE signalbox.governance_mode;
    `);
  }
}
