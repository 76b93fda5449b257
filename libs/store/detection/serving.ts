import { type DataSource } from 'typeorm';

/** What answers for a model. */
export interface Serving {
  readonly model: string;
  readonly releaseId: string;
  readonly role: 'stable' | 'canary';
  readonly layers: number;
  readonly experts: number;
}

/** Stable releases and canaries, by model; the stable one first. */
export async function servingReleases(dataSource: DataSource): Promise<readonly Serving[]> {
  const rows: { model: string; release: string; role: Serving['role']; layers: number; experts: number }[] = await dataSource.query(
    `SELECT a.model, r.id AS release, CASE WHEN r.id = a.stable_release THEN 'stable' ELSE 'canary' END AS role,
       (r.manifest->'shape'->>'layers')::int AS layers, (r.manifest->'shape'->>'experts')::int AS experts
     FROM signalbox.activation AS a JOIN signalbox.release AS r ON r.id IN (a.stable_release, a.canary->>'releaseId') ORDER BY a.model, role DESC, r.id`,
  );
  return rows.map(({ release, ...same }) => ({ ...same, releaseId: release }));
}
