import { type MigrationInterface, type QueryRunner } from 'typeorm';

export class Evaluations1795219200028 implements MigrationInterface {
  readonly name = 'Evaluations1795219200028';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('SELECT 1');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('SELECT 1');
  }
}
