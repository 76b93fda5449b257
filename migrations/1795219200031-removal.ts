import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Finds what old rows are purged by, and which evaluation runs are evidence. */
export class Removal1795219200031 implements MigrationInterface {
  readonly name = 'Removal1795219200031';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE FUNCTION signalbox.evaluations_named(content text) RETURNS uuid[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
        $$ SELECT coalesce(array_agg(DISTINCT named[1]::uuid), '{}') FROM regexp_matches(content, '"evaluationId":"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"', 'g') AS named $$;
      -- Generated, so that a version before this one fills it as well.
      ALTER TABLE signalbox.change_evidence ADD COLUMN evaluations uuid[] GENERATED ALWAYS AS (signalbox.evaluations_named(content)) STORED;
      COMMENT ON COLUMN signalbox.change_evidence.evaluations IS 'Runs whose results it says it is: the one that was attached, and the attribution that it carries.';
      CREATE INDEX change_evidence_by_evaluation ON signalbox.change_evidence USING gin (evaluations);
      CREATE INDEX change_evidence_by_digest ON signalbox.change_evidence (sha256);
      CREATE INDEX evaluation_run_ended ON signalbox.evaluation_run (finished_at, id) WHERE finished_at IS NOT NULL;
      -- For the purge, which asks by age alone.
      CREATE INDEX usage_hour_by_age ON signalbox.usage_hour USING brin (bucket);
      CREATE INDEX usage_pair_hour_by_age ON signalbox.usage_pair_hour USING brin (bucket);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX signalbox.usage_pair_hour_by_age;
      DROP INDEX signalbox.usage_hour_by_age;
      DROP INDEX signalbox.evaluation_run_ended;
      DROP INDEX signalbox.change_evidence_by_digest;
      DROP INDEX signalbox.change_evidence_by_evaluation;
      ALTER TABLE signalbox.change_evidence DROP COLUMN evaluations;
      DROP FUNCTION signalbox.evaluations_named;
    `);
  }
}
