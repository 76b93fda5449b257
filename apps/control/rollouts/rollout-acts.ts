import { Inject, Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { type ActivationCommand, type ActivationState } from '#libs/governance/activation/activation-state';
import { type StepFigures } from '#libs/governance/rollout/decide-step';
import { beginStep } from '#libs/governance/rollout/evidence';
import { isWatch, stepAt, stepCount } from '#libs/governance/rollout/plan';
import { type Rollout, type RolloutState } from '#libs/governance/rollout/rollout';
import { commandsToBegin, commandsToWithdraw } from '#libs/governance/rollout/steer-activation';
import { type AuditEntry } from '#libs/store/audit/audit-log';
import { type NewVerdict, type StepState } from '#libs/store/rollouts/rollout-history';
import { auditOf } from '../http/audited.ts';
import { type ActingCaller, ActivationDesk } from '../models/activation-desk.ts';
import { ROLLOUT_RECORDS, type RolloutRecords } from './rollout-records.ts';

/** Acts that nobody asked for at that moment; the rollout's record says who started it. */
export const ROLLOUT_ACTOR: ActingCaller = { accountId: 'system', name: 'rollout', keyId: null };

/** A change of a rollout, as part of a transaction whose last acts are its audit entries. */
export interface RolloutChange {
  readonly rollout: Rollout;
  /** Written down with it; null for a start. */
  readonly verdict: NewVerdict['verdict'] | null;
  readonly audits: readonly AuditEntry[];
}

export interface ActContext {
  readonly caller: ActingCaller;
  readonly atMs: number;
  /** Of the verdict, in the state, and in the audit log. */
  readonly reason: string;
  readonly guard: string | null;
  readonly verdict: NewVerdict['verdict'];
  readonly figures: StepFigures & { readonly missing: string | null };
  /** In somebody's words. */
  readonly note?: string | null;
}

/** What becomes of a rollout: its record, its verdict and the activation change together or not at all. */
@Injectable()
export class RolloutActs {
  constructor(
    @Inject(ROLLOUT_RECORDS) private readonly records: RolloutRecords,
    private readonly desk: ActivationDesk,
  ) {}

  /** Begins the first step of a new rollout; `generation` is the activation's as the plan was made. */
  async begin(manager: EntityManager, rollout: Rollout, caller: ActingCaller, note: string | null): Promise<RolloutChange | 'already-under-way'> {
    const { generation, audits } = await this.#command(manager, rollout, commandsToBegin(rollout.plan, 0, rollout.id), caller, note ?? 'rollout started');
    const begun = { ...rollout, activationGeneration: generation, evidence: beginStep(rollout.evidence) };
    if (!(await this.records.rollouts.insert(manager, begun))) return 'already-under-way';
    await this.records.history.beginStep(manager, rollout.id, 0, rollout.plan.steps[0]?.share ?? 0, rollout.createdAtMs);
    const { candidate, stable, model, plan, changeId } = rollout;
    const audit = {
      ...auditOf(caller, rollout.createdAtMs, 'rollout.start', `rollout/${rollout.id}`, { model, candidate, stable, changeId, cause: rollout.cause, plan }),
      after: { state: rollout.state, step: 0 },
      ...(note === null ? {} : { reason: note }),
    };
    return { rollout: begun, verdict: null, audits: [...audits, audit] };
  }

  /** Ends the step well: on to the next one, or to promotion after the last. */
  async proceed(manager: EntityManager, rollout: Rollout, context: ActContext): Promise<RolloutChange> {
    const { plan, step } = rollout;
    const isLast = step === stepCount(plan) - 1;
    // After a watch the candidate is promoted already.
    const commands = isLast && isWatch(plan, step) ? [] : commandsToBegin(plan, step + 1, rollout.id);
    const { generation, audits } = await this.#command(manager, rollout, commands, context.caller, context.reason);
    const next: Rollout = isLast
      ? { ...rollout, state: 'completed', reason: context.reason, endedAtMs: context.atMs, activationGeneration: generation }
      : { ...rollout, step: rollout.step + 1, stepStartedAtMs: context.atMs, reason: context.reason, activationGeneration: generation, evidence: beginStep(rollout.evidence, isWatch(plan, step + 1)) };
    await this.records.history.endStep(manager, rollout.id, rollout.step, 'passed', context.figures, context.atMs);
    if (!isLast) await this.records.history.beginStep(manager, rollout.id, next.step, stepAt(plan, next.step)?.share ?? 0, context.atMs);
    return this.#write(manager, rollout, next, context, audits);
  }

  /** Takes the candidate out and ends the rollout. */
  async withdraw(manager: EntityManager, rollout: Rollout, activation: ActivationState | null, state: 'failed' | 'aborted', context: ActContext): Promise<RolloutChange> {
    const why = context.guard === null ? context.reason : `${context.reason}: ${context.guard}`;
    const commands = activation ? commandsToWithdraw(rollout, activation) : [];
    const { generation, audits } = await this.#command(manager, rollout, commands, context.caller, context.note ?? why);
    return this.#end(manager, { ...rollout, activationGeneration: generation }, state, context, audits);
  }

  /** Ends the rollout and leaves the activation to whoever changed it. */
  async giveWay(manager: EntityManager, rollout: Rollout, context: ActContext): Promise<RolloutChange> {
    return this.#end(manager, rollout, 'superseded', context, []);
  }

  async pause(manager: EntityManager, rollout: Rollout, context: ActContext): Promise<RolloutChange> {
    return this.#write(manager, rollout, { ...rollout, state: 'paused', reason: context.reason }, context, []);
  }

  async resume(manager: EntityManager, rollout: Rollout, context: ActContext): Promise<RolloutChange> {
    return this.#write(manager, rollout, { ...rollout, state: 'running', reason: context.reason, stepStartedAtMs: context.atMs }, context, []);
  }

  async #end(manager: EntityManager, rollout: Rollout, state: Extract<RolloutState, 'failed' | 'aborted' | 'superseded'>, context: ActContext, audits: readonly AuditEntry[]): Promise<RolloutChange> {
    const stepState: StepState = state === 'failed' ? 'failed' : 'stopped';
    await this.records.history.endStep(manager, rollout.id, rollout.step, stepState, context.figures, context.atMs);
    return this.#write(manager, rollout, { ...rollout, state, reason: context.reason, endedAtMs: context.atMs }, context, audits);
  }

  async #write(manager: EntityManager, before: Rollout, next: Rollout, context: ActContext, audits: readonly AuditEntry[]): Promise<RolloutChange> {
    const { atMs, verdict, reason, guard, figures, caller, note } = context;
    await this.records.history.addVerdict(manager, { rolloutId: before.id, step: before.step, atMs, verdict, reason, guard, figures });
    await this.records.rollouts.save(manager, { ...next, updatedAtMs: atMs });
    if (next.endedAtMs !== null) await this.records.evidence.forget(manager, before.id);
    const audit = {
      ...auditOf(caller, atMs, `rollout.${actionOf(before, next)}`, `rollout/${before.id}`, { model: before.model, candidate: before.candidate, verdict, verdictReason: reason, guard, missing: figures.missing }),
      before: { state: before.state, step: before.step },
      after: { state: next.state, step: next.step },
      ...(note === null || note === undefined ? {} : { reason: note }),
    };
    return { rollout: { ...next, updatedAtMs: atMs, version: before.version + 1 }, verdict, audits: [...audits, audit] };
  }

  async #command(manager: EntityManager, rollout: Rollout, commands: readonly ActivationCommand[], caller: ActingCaller, reason: string): Promise<{ generation: number; audits: AuditEntry[] }> {
    let generation = rollout.activationGeneration;
    const audits: AuditEntry[] = [];
    for (const command of commands) {
      const { state, audit } = await this.desk.commandWithin(manager, rollout.model, command, { caller, reason, cause: rollout.cause, causeId: rollout.id });
      generation = state.generation;
      audits.push(audit);
    }
    return { generation, audits };
  }
}

function actionOf(before: Rollout, { state, step }: Rollout): string {
  if (state !== before.state) return { running: 'resume', paused: 'pause', completed: 'complete', failed: 'fail', aborted: 'abort', superseded: 'supersede' }[state];
  return step === before.step ? 'note' : 'continue';
}
