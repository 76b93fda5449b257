import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Cards, lineage and uploads of component versions, and which routers were trained with which experts. */
export class Registry1795219200012 implements MigrationInterface {
  readonly name = 'Registry1795219200012';

  async up(_runner: QueryRunner): Promise<void> {}

  async down(_runner: QueryRunner): Promise<void> {}
}
