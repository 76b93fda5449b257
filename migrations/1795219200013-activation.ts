import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Canary and shadow beside the stable release, and what each inference process serves. */
export class ActivationStates1795219200013 implements MigrationInterface {
  readonly name = 'ActivationStates1795219200013';

  async up(_runner: QueryRunner): Promise<void> {}

  async down(_runner: QueryRunner): Promise<void> {}
}
