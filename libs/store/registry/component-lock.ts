import { type EntityManager } from 'typeorm';
import { LOCKS } from '../locks.ts';

/**
 * Keeps component versions from being deleted until the transaction ends: whoever names versions in a new row
 * takes it before looking whether they are there. A deletion holds the lock alone, over both row and file.
 */
export async function keepComponents(manager: EntityManager): Promise<void> {
  await manager.query('SELECT pg_advisory_xact_lock_shared($1)', [LOCKS.components]);
}
