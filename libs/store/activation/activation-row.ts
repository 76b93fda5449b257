import { type ActivationState, type Canary, type Shadow } from '#libs/governance/activation/activation-state';

export interface StoredActivation extends ActivationState {
  /** Of the last write, epoch milliseconds. */
  readonly updatedAtMs: number;
}

export interface ActivationRow {
  readonly model: string;
  readonly stable_release: string;
  readonly previous_release: string | null;
  readonly canary: Canary | null;
  readonly shadow: Shadow | null;
  readonly generation: number;
  readonly updated_at: Date;
}

export const ACTIVATION_COLUMNS = 'model, stable_release, previous_release, canary, shadow, generation, updated_at';

export function toActivation(row: ActivationRow): StoredActivation {
  const { model, canary, shadow, generation } = row;
  return { model, stable: row.stable_release, previous: row.previous_release, canary, shadow, generation, updatedAtMs: row.updated_at.getTime() };
}

/** What the history and the audit log keep of a state. */
export function stateOf({ model, stable, previous, canary, shadow, generation }: ActivationState): ActivationState {
  return { model, stable, previous, canary, shadow, generation };
}
