import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Answers that had to keep to a schema, and those that did not. */
export class AnswerChecks1795219200025 implements MigrationInterface {
  readonly name = 'AnswerChecks1795219200025';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- By hour of admission; a flush that is written twice counts once.
      CREATE TABLE signalbox.answer_check_hour (
        bucket timestamptz NOT NULL,
        release integer NOT NULL,
        flush_id uuid NOT NULL,
        route text NOT NULL CHECK (route IN ('chat', 'completion')),
        schema_digest bytea NOT NULL,
        tenant text NOT NULL,
        task text NOT NULL,
        language text NOT NULL,
        requests integer NOT NULL,
        valid integer NOT NULL,
        invalid integer NOT NULL,
        incomplete integer NOT NULL,
        PRIMARY KEY (release, bucket, flush_id, route, schema_digest, tenant, task, language)
      );
      COMMENT ON COLUMN signalbox.answer_check_hour.schema_digest IS 'Empty where too many schemas came at once to keep them apart.';
      CREATE INDEX answer_check_hour_by_age ON signalbox.answer_check_hour USING brin (bucket);

      -- Only filled for requests that asked for a response format; rows without take no room for it.
      ALTER TABLE signalbox.trace ADD COLUMN answer_check text;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE signalbox.trace DROP COLUMN answer_check;
      DROP TABLE signalbox.answer_check_hour;
    `);
  }
}
