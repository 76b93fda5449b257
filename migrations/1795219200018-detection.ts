import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Baselines, what detectors remember, and their readings. */
export class Detection1795219200018 implements MigrationInterface {
  readonly name = 'Detection1795219200018';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('SELECT 1');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('SELECT 1');
  }
}
