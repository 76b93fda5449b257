import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Jobs that make a release of another one run beside imports, and say what they were asked for. */
export class Derivations1795219200027 implements MigrationInterface {
  readonly name = 'Derivations1795219200027';

  async up(runner: QueryRunner): Promise<void> {
    // Null for imports of a checkpoint folder.
    await runner.query('ALTER TABLE signalbox.import_job ADD COLUMN derivation jsonb');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE signalbox.import_job DROP COLUMN derivation');
  }
}
