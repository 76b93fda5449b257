import { type EntityManager } from 'typeorm';
import { type ComponentName, type Sha256 } from '#libs/release/component';

export interface RecalledComponent {
  readonly releaseId: string;
  readonly component: ComponentName;
  readonly sha256: Sha256;
}

/** Components of some releases whose version was recalled, by name. */
export function recalledComponents(manager: EntityManager, releaseIds: readonly string[]): Promise<readonly RecalledComponent[]> {
  return manager.query(
    `SELECT c.release_id AS "releaseId", c.component, c.sha256 FROM signalbox.release_component AS c
     JOIN signalbox.component_version AS v USING (sha256)
     WHERE c.release_id = ANY($1::text[]) AND v.recalled_at IS NOT NULL ORDER BY c.release_id, c.component`,
    [releaseIds],
  );
}
