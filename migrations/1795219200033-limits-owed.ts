import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** What was applied by breaking the glass and nobody has confirmed, by its time limit: the watch looks for it again and again. */
export class LimitsOwed1795219200033 implements MigrationInterface {
  readonly name = 'LimitsOwed1795219200033';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX change_request_limit_owed ON signalbox.change_request (((break_glass->>'untilMs')::float8), id)
        WHERE break_glass IS NOT NULL AND break_glass->'review'->>'verdict' IS DISTINCT FROM 'confirmed';
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX signalbox.change_request_limit_owed;');
  }
}
