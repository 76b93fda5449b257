import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Signatures of component versions, and keys that are trusted. */
export class Signatures1795219200017 implements MigrationInterface {
  readonly name = 'Signatures1795219200017';

  async up(_runner: QueryRunner): Promise<void> {}

  async down(_runner: QueryRunner): Promise<void> {}
}
