import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Plans made of recorded traffic. */
export class CapacityPlans1795219200026 implements MigrationInterface {
  readonly name = 'CapacityPlans1795219200026';

  async up(_runner: QueryRunner): Promise<void> {}

  async down(_runner: QueryRunner): Promise<void> {}
}
