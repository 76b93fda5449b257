import { type EntityManager } from 'typeorm';
import { type NearbyChange } from '#libs/alerting/finding/finding';
import { type ServingFacts } from '#libs/alerting/finding/way-back';
import { type ActivationState } from '#libs/governance/activation/activation-state';

export interface FindingFacts {
  readonly changes: readonly NearbyChange[];
  /** null where the model is not served. */
  readonly serving: ServingFacts | null;
}

export interface FactsQuery {
  readonly model: string;
  readonly release: string | null;
  readonly baselineId: string | null;
  readonly fromMs: number;
  readonly toMs: number;
}

const MAX_CHANGES = 50;

/** What was changed of a model in a time, and what answers for it now. */
export async function readFindingFacts(manager: EntityManager, { model, release, baselineId, fromMs, toMs }: FactsQuery): Promise<FindingFacts> {
  const times = [model, new Date(fromMs), new Date(toMs), MAX_CHANGES];
  const activations: { at: Date; command: string; actor_name: string; after: ActivationState | null }[] = await manager.query(
    'SELECT at, command, actor_name, after FROM signalbox.activation_event WHERE model = $1 AND at BETWEEN $2 AND $3 ORDER BY generation DESC LIMIT $4', times,
  );
  const rules: { at: Date; generation: number; by: string }[] = await manager.query(
    'SELECT written_at AS at, generation, written_by AS by FROM signalbox.data_rule_set WHERE model = $1 AND written_at BETWEEN $2 AND $3 ORDER BY generation DESC LIMIT $4', times,
  );
  const changes: NearbyChange[] = [
    ...activations.map(({ at, command, actor_name, after }): NearbyChange => ({ kind: 'activation', atMs: at.getTime(), what: command, by: actor_name, release: releaseAfter(command, after) })),
    ...rules.map(({ at, generation, by }): NearbyChange => ({ kind: 'data-rules', atMs: at.getTime(), what: `data rules, generation ${generation}`, by, release: null })),
  ];
  return { changes, serving: await readServing(manager, model, release, baselineId) };
}

function releaseAfter(command: string, after: ActivationState | null): string | null {
  if (command.includes('canary')) return after?.canary?.releaseId ?? null;
  return (command.includes('shadow') ? after?.shadow?.releaseId : after?.stable) ?? null;
}

async function readServing(manager: EntityManager, model: string, release: string | null, baselineId: string | null): Promise<ServingFacts | null> {
  const events: { after: ActivationState | null }[] = await manager.query('SELECT after FROM signalbox.activation_event WHERE model = $1 ORDER BY generation DESC LIMIT 1', [model]);
  const now = events[0]?.after;
  if (!now) return null;
  const since: { at: Date }[] = release === null ? [] : await manager.query(
    `SELECT at FROM signalbox.activation_event WHERE model = $1 AND after->>'stable' = $2 AND before->>'stable' IS DISTINCT FROM $2 ORDER BY generation DESC LIMIT 1`, [model, release],
  );
  const baselines: { to_at: Date }[] = baselineId === null ? [] : await manager.query('SELECT to_at FROM signalbox.baseline WHERE id::text = $1', [baselineId]);
  return { stable: now.stable, previous: now.previous, canary: now.canary?.releaseId ?? null, stableSinceMs: since[0]?.at.getTime() ?? null, baselineAtMs: baselines[0]?.to_at.getTime() ?? null };
}
