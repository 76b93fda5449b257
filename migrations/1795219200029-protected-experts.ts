import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Experts that must not be taken away without evidence, and the times that they were all the same. */
export class ProtectedExperts1795219200029 implements MigrationInterface {
  readonly name = 'ProtectedExperts1795219200029';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Its row is what those who change a model's protection and those who act against it meet at.
      CREATE TABLE signalbox.protection_head (
        model text PRIMARY KEY,
        generation integer NOT NULL CHECK (generation > 0)
      );
      CREATE TABLE signalbox.protected_expert (
        model text NOT NULL,
        layer integer NOT NULL CHECK (layer >= 0),
        expert integer NOT NULL CHECK (expert >= 0),
        reason text NOT NULL,
        -- Run that proposed it, and its result. No foreign key: it stays where the run is purged.
        evaluation uuid,
        evidence text CHECK (evidence ~ '^[0-9a-f]{64}$'),
        protected_by text NOT NULL,
        protected_by_name text NOT NULL,
        protected_at timestamptz NOT NULL,
        version integer NOT NULL,
        PRIMARY KEY (model, layer, expert),
        CHECK ((evaluation IS NULL) = (evidence IS NULL))
      );
      COMMENT ON COLUMN signalbox.protected_expert.version IS 'Of the writes of the model''s protection: the ETag. It never comes twice, also where one is removed and made anew.';

      CREATE TABLE signalbox.protection_override (
        id uuid PRIMARY KEY,
        model text NOT NULL,
        -- What was done, such as quarantine, and the protected experts that it took away: [{layer, expert, reason, act, by}].
        act text NOT NULL,
        takings jsonb NOT NULL,
        reason text NOT NULL,
        evaluation uuid,
        evidence text CHECK (evidence ~ '^[0-9a-f]{64}$'),
        change_id uuid,
        overridden_by text NOT NULL,
        overridden_by_name text NOT NULL,
        issued_by text,
        overridden_at timestamptz NOT NULL,
        -- Of an emergency; null where there was evidence, or the change owes the review.
        review_due_at timestamptz,
        reviewed_by text,
        reviewed_by_name text,
        reviewed_at timestamptz,
        verdict text CHECK (verdict IN ('confirmed', 'to-revert')),
        note text,
        CHECK ((reviewed_at IS NULL) = (verdict IS NULL))
      );
      CREATE INDEX protection_override_listed ON signalbox.protection_override (model, overridden_at DESC, id);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE signalbox.protection_override;
      DROP TABLE signalbox.protected_expert;
      DROP TABLE signalbox.protection_head;
    `);
  }
}
