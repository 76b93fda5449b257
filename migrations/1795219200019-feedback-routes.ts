import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Feedback by users and programs, what it says of experts, and counts of what data rules refuse. */
export class FeedbackRoutes1795219200019 implements MigrationInterface {
  readonly name = 'FeedbackRoutes1795219200019';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE signalbox.feedback
        ALTER COLUMN score DROP NOT NULL,
        ADD COLUMN kind text NOT NULL DEFAULT 'user' CHECK (kind IN ('user', 'program')),
        ADD COLUMN source text NOT NULL DEFAULT '',
        -- Null where given_by is the account itself; else given_by is the account with its source, because it is the key by which one is told from another.
        ADD COLUMN account text,
        -- 0 waits for its request's routing, 1 has it, 2 never will.
        ADD COLUMN routing smallint NOT NULL DEFAULT 0,
        ADD CONSTRAINT feedback_says_something CHECK (score IS NOT NULL OR label IS NOT NULL OR comment IS NOT NULL);
      CREATE INDEX feedback_without_routing ON signalbox.feedback (at, id) WHERE routing = 0;

      -- How the tokens of one request were shared among experts, kept as long as what was said of it.
      CREATE TABLE signalbox.feedback_routing (
        request_id uuid PRIMARY KEY,
        at timestamptz NOT NULL,
        release integer NOT NULL,
        experts integer NOT NULL,
        -- Two bytes for each expert of each layer, so that one layer can be cut out.
        shares bytea NOT NULL,
        -- Its score is in the test of experts.
        tested boolean NOT NULL DEFAULT false
      );
      CREATE INDEX feedback_routing_by_release ON signalbox.feedback_routing (release, at);

      -- State of the test of experts, for each release.
      CREATE TABLE signalbox.feedback_test (
        release integer PRIMARY KEY,
        state bytea NOT NULL,
        updated_at timestamptz NOT NULL
      );

      -- Requests that data rules left no expert: they run nowhere, so no trace tells of them.
      CREATE TABLE signalbox.rule_refusal_minute (
        bucket timestamptz NOT NULL,
        release integer NOT NULL,
        flush_id uuid NOT NULL,
        refused integer NOT NULL,
        PRIMARY KEY (release, bucket, flush_id)
      );
      CREATE INDEX rule_refusal_minute_by_age ON signalbox.rule_refusal_minute USING brin (bucket);
    `);
  }

  /** What has no score is lost, and so is what an account said of a request by another source than itself. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE signalbox.rule_refusal_minute;
      DROP TABLE signalbox.feedback_test;
      DROP TABLE signalbox.feedback_routing;
      DROP INDEX signalbox.feedback_without_routing;
      DELETE FROM signalbox.feedback WHERE score IS NULL OR account IS NOT NULL;
      ALTER TABLE signalbox.feedback
        DROP CONSTRAINT feedback_says_something,
        DROP COLUMN kind, DROP COLUMN source, DROP COLUMN account, DROP COLUMN routing,
        ALTER COLUMN score SET NOT NULL;
    `);
  }
}
