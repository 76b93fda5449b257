import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Who may do what, and the record of what was done. */
export class Access1795219200002 implements MigrationInterface {
  readonly name = 'Access1795219200002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE signalbox.api_key (
        id uuid PRIMARY KEY,
        prefix text NOT NULL UNIQUE,
        salt bytea NOT NULL,
        hash bytea NOT NULL,
        name text NOT NULL,
        scopes text[] NOT NULL,
        created_at timestamptz NOT NULL,
        expires_at timestamptz,
        revoked_at timestamptz,
        last_used_at timestamptz
      );
      CREATE TABLE signalbox.audit_entry (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at timestamptz NOT NULL,
        actor text NOT NULL,
        action text NOT NULL,
        subject text NOT NULL,
        detail jsonb NOT NULL,
        request_id text
      );
      CREATE INDEX audit_entry_by_subject ON signalbox.audit_entry (subject, id DESC);
      CREATE FUNCTION signalbox.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'audit entries are append-only: % is refused', TG_OP;
      END $$;
      CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON signalbox.audit_entry
        FOR EACH STATEMENT EXECUTE FUNCTION signalbox.refuse_change();
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE signalbox.audit_entry;
      DROP FUNCTION signalbox.refuse_change();
      DROP TABLE signalbox.api_key;
    `);
  }
}
