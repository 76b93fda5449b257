import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Experts that operators took out of service. */
export class Quarantine1795219200024 implements MigrationInterface {
  readonly name = 'Quarantine1795219200024';

  async up(_runner: QueryRunner): Promise<void> {}

  async down(_runner: QueryRunner): Promise<void> {}
}
