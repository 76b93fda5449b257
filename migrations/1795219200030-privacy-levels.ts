import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Requests whose usage is counted and whose trace is not kept; what private statistics have spent. */
export class PrivacyLevels1795219200030 implements MigrationInterface {
  readonly name = 'PrivacyLevels1795219200030';

  async up(runner: QueryRunner): Promise<void> {
    // Empty bytes stand for the trace itself, so that a version before this one reads such a request as one whose trace does not open.
    await runner.query(`
      ALTER TABLE signalbox.trace ADD COLUMN no_trace text;
      COMMENT ON COLUMN signalbox.trace.no_trace IS 'Why the trace of this request is not kept; null where it is.';

      -- Privacy loss of the answers given about each day of a model, in thousandths.
      CREATE TABLE signalbox.privacy_spending (
        model text NOT NULL,
        day date NOT NULL,
        spent bigint NOT NULL CHECK (spent >= 0),
        PRIMARY KEY (model, day)
      );
      -- Answers that were paid for: the same answer again costs nothing.
      CREATE TABLE signalbox.privacy_answer (
        digest bytea PRIMARY KEY,
        given_at timestamptz NOT NULL
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE signalbox.privacy_answer;
      DROP TABLE signalbox.privacy_spending;
      ALTER TABLE signalbox.trace DROP COLUMN no_trace;
    `);
  }
}
