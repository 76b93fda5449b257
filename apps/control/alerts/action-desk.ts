import { Inject, Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { permissionsOf } from '#libs/governance/access/permissions';
import { type ActivationState } from '#libs/governance/activation/activation-state';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { type Principal } from '#libs/platform/auth/scopes';
import { type AlertAction, type OpenAction } from '#libs/store/alerts/alert-actions';
import { type AuditEntry } from '#libs/store/audit/audit-log';
import { isUniqueViolation } from '#libs/store/unique-violation';
import { ChangeDesk } from '../changes/change-desk.ts';
import { ActivationDesk } from '../models/activation-desk.ts';
import { ACTIVATIONS, type ActivationsPort } from '../models/activation-ports.ts';
import { RolloutDesk } from '../rollouts/rollout-desk.ts';
import { ROLLOUT_RECORDS, type RolloutRecords } from '../rollouts/rollout-records.ts';

/** On whose behalf rules act. It may ask for changes, and never approves one. */
export const ALERTS_ACTOR: Principal = { accountId: 'system', kind: 'system', name: 'alerts', keyId: null, issuedBy: null, roles: ['releaser'], permissions: permissionsOf(['releaser']), tenant: null };

export interface ActionOutcome {
  readonly state: Exclude<AlertAction['state'], 'requested'>;
  readonly outcome: Readonly<Record<string, unknown>>;
  /** To be appended as the last acts of the transaction that was given. */
  readonly audits: readonly AuditEntry[];
}

/** What a rule may do by itself. Every act can be repeated: a second one finds the first. */
@Injectable()
export class ActionDesk {
  constructor(
    @Inject(ACTIVATIONS) private readonly activations: ActivationsPort,
    private readonly desk: ActivationDesk,
    private readonly rollouts: RolloutDesk,
    @Inject(ROLLOUT_RECORDS) private readonly records: Pick<RolloutRecords, 'rollouts'>,
    private readonly changes: ChangeDesk,
  ) {}

  /** @throws ProblemError where what it asks for is refused */
  perform(manager: EntityManager, action: OpenAction): Promise<ActionOutcome> {
    return action.kind === 'abort-canary' ? this.#abortCanary(manager, action) : this.#openRollback(action);
  }

  async #abortCanary(manager: EntityManager, action: OpenAction): Promise<ActionOutcome> {
    const { model, releaseId } = action;
    const state = await this.#stateOf(model);
    if (state?.canary?.releaseId !== releaseId) return refused('not-the-canary', `Release ${releaseId} is not the canary of ${model}.`);
    const rollout = await this.#rolloutOf(model, releaseId);
    if (rollout !== null) {
      await this.rollouts.abort(rollout, ALERTS_ACTOR, reasonOf(action));
      return { state: 'done', outcome: { code: 'rollout-aborted', rolloutId: rollout }, audits: [] };
    }
    // The generation that was seen: another canary that began since is not for this alert to abort.
    const { audit, ...written } = await this.desk.commandWithin(manager, model, { type: 'abort-canary' }, { expectedGeneration: state.generation, caller: ALERTS_ACTOR, reason: reasonOf(action), cause: 'direct', causeId: action.fingerprint });
    return { state: 'done', outcome: { code: 'canary-aborted', generation: written.state.generation }, audits: [audit] };
  }

  async #rolloutOf(model: string, candidate: string): Promise<string | null> {
    for (const { id } of (await this.records.rollouts.underWay()).filter((one) => one.model === model)) {
      if ((await this.records.rollouts.find(id))?.candidate === candidate) return id;
    }
    return null;
  }

  async #openRollback(action: OpenAction): Promise<ActionOutcome> {
    const { id, model, releaseId } = action;
    const state = await this.#stateOf(model);
    if (state?.stable !== releaseId) return refused('not-stable', `Release ${releaseId} is not the stable one of ${model}.`);
    if (state.previous === null) return refused('nothing-before', `${model} had no release before.`);
    try {
      const change = { type: 'activate', model, releaseId: state.previous, strategy: { kind: 'at-once' } } as const;
      await this.changes.create({ title: `Go back to ${state.previous.slice(0, 12)}: ${action.ruleName}`.slice(0, 200), reason: reasonOf(action), change }, ALERTS_ACTOR, id);
    } catch (error) {
      // It was opened before a crash kept the outcome from being written down.
      if (!isUniqueViolation(error)) throw error;
    }
    const outcome = { code: 'change-opened', changeId: id, to: state.previous };
    try {
      await this.changes.submit({ id, revision: undefined }, null, ALERTS_ACTOR);
      return { state: 'done', outcome: { ...outcome, submitted: true }, audits: [] };
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      // It stays a draft, which a person completes: most policies want evidence.
      return { state: 'done', outcome: { ...outcome, submitted: false, detail: error.detail }, audits: [] };
    }
  }

  /** Read in a transaction of its own: the desks lock the row themselves. */
  #stateOf(model: string): Promise<ActivationState | null> {
    return this.activations.transaction((unit) => unit.lock(model));
  }
}

function refused(code: string, detail: string): ActionOutcome {
  return { state: 'refused', outcome: { code, detail }, audits: [] };
}

function reasonOf({ ruleName, summary, fingerprint }: OpenAction): string {
  return `Alert of the rule ${ruleName} (${fingerprint.slice(0, 12)}). ${summary ?? ''}`.trim().slice(0, 2000);
}
