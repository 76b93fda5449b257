import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Which kinds of decision besides the plain top-k a request had, and the orders in which requests are listed. */
export class RequestFlags1795219200022 implements MigrationInterface {
  readonly name = 'RequestFlags1795219200022';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Bits of DECISION_FLAGS (libs/trace/trace). Null for requests that were written before, or by a version before.
      ALTER TABLE signalbox.trace ADD COLUMN flags smallint;
      CREATE INDEX trace_by_duration ON signalbox.trace (duration_ms);
      -- Holds next to nothing where no model drops or masks, and is what finds the few there are.
      CREATE INDEX trace_flagged ON signalbox.trace (at) WHERE flags <> 0;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX signalbox.trace_flagged;
      DROP INDEX signalbox.trace_by_duration;
      ALTER TABLE signalbox.trace DROP COLUMN flags;
    `);
  }
}
