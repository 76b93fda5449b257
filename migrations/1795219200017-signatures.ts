import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Signatures of releases and component versions, keys that are trusted, and what must be signed. */
export class Signatures1795219200017 implements MigrationInterface {
  readonly name = 'Signatures1795219200017';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE signalbox.trusted_key (
        key_id text PRIMARY KEY,
        name text NOT NULL,
        pem text NOT NULL,
        added_by text NOT NULL,
        added_at timestamptz NOT NULL,
        revoked_by text,
        revoked_at timestamptz,
        revoke_reason text
      );
      CREATE TABLE signalbox.signature (
        id uuid PRIMARY KEY,
        subject_kind text NOT NULL,
        subject_digest text NOT NULL,
        key_id text NOT NULL REFERENCES signalbox.trusted_key,
        bundle jsonb NOT NULL,
        added_by text NOT NULL,
        verified_at timestamptz NOT NULL,
        UNIQUE (subject_digest, subject_kind, key_id)
      );
      CREATE TABLE signalbox.signature_policy (
        model text PRIMARY KEY,
        level text NOT NULL,
        generation integer NOT NULL,
        updated_by text NOT NULL,
        updated_at timestamptz NOT NULL
      );
      COMMENT ON COLUMN signalbox.signature_policy.model IS 'Empty for the installation, which holds where a model has none of its own.';
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE signalbox.signature_policy;
      DROP TABLE signalbox.signature;
      DROP TABLE signalbox.trusted_key;
    `);
  }
}
