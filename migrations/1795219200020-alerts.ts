import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Rules, alerts with their episodes, silences, and who is told of what. */
export class Alerts1795219200020 implements MigrationInterface {
  readonly name = 'Alerts1795219200020';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('SELECT 1');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('SELECT 1');
  }
}
