import { type EntityManager } from 'typeorm';
import { type ChangePayload, modelOf } from '#libs/governance/change/change-payload';
import { type ChangeProtection } from '#libs/governance/change/protection-blockers';
import { type Plan } from '#libs/governance/change/plan-change';
import { unfitness } from '#libs/governance/protection/decide-protection';
import { attachedRuns } from './evidence-runs.ts';

/** What evidence there is for a change that takes protected experts away; null where it takes none. */
export async function changeProtection(manager: EntityManager, payload: ChangePayload, plan: Plan): Promise<ChangeProtection | null> {
  if (!plan.planned || plan.takings.length === 0) return null;
  const { effect, takings } = plan;
  const needed = effect.kind === 'data-rules' ? 'left-out' : 'release';
  const model = modelOf(payload) ?? '';
  const releaseId = effect.kind === 'release' ? effect.releaseId : effect.kind === 'recall' ? await afterRecall(manager, model, effect.sha256) : await servingRelease(manager, model);
  if (releaseId === null) return { releaseId, needed, evidence: [] };
  const runs = await attachedRuns(manager, releaseId);
  return { releaseId, needed, evidence: runs.filter(({ run }) => unfitness(run, { kind: needed, releaseId }, takings) === null).map(({ sha256 }) => sha256) };
}

async function servingRelease(manager: EntityManager, model: string): Promise<string | null> {
  const rows: { id: string }[] = await manager.query('SELECT stable_release AS id FROM signalbox.activation WHERE model = $1', [model]);
  return rows[0]?.id ?? null;
}

/** The release that would answer once a version is withdrawn, as decideRecall chooses it; null: none is left. */
async function afterRecall(manager: EntityManager, model: string, sha256: string): Promise<string | null> {
  const rows: { id: string }[] = await manager.query(
    `WITH former AS (
       SELECT previous_release AS id, 2147483647 AS at FROM signalbox.activation WHERE model = $1 AND previous_release IS NOT NULL
       UNION ALL SELECT after->>'stable', max(generation) FROM signalbox.activation_event WHERE model = $1 AND after IS NOT NULL GROUP BY 1)
     SELECT f.id FROM former AS f WHERE NOT EXISTS (
       SELECT FROM signalbox.release_component AS c JOIN signalbox.component_version AS v USING (sha256) WHERE c.release_id = f.id AND (c.sha256 = $2 OR v.recalled_at IS NOT NULL))
     ORDER BY f.at DESC LIMIT 1`,
    [model, sha256],
  );
  return rows[0]?.id ?? null;
}
